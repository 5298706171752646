import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
    /// Docker's command about images and the system, against our daemon.
    @Suite(.enabled(if: DockerClient.isInstalled && LocalRegistry.isInstalled, "needs docker.io and docker-registry"))
    struct EngineImagesTests {
        /// A script, the code that it ends with, and what it says: each text must be in it, `!text` must not.
        struct Step: Sendable {
            let script: String
            var code: Int32 = 0
            let says: [String]

            init(_ script: String, code: Int32 = 0, _ says: String...) {
                (self.script, self.code, self.says) = (script, code, says)
            }

            func check(_ finished: Finished) -> [String] {
                let said = finished.output + finished.error
                let wrong = says.filter { $0.hasPrefix("!") ? said.contains($0.dropFirst()) : !said.contains($0) }
                return wrong + (finished.code == code ? [] : ["code \(finished.code)"])
            }
        }

        private func run(_ steps: [Step], _ docker: DockerClient) async throws {
            for step in steps {
                let finished = try await docker.shell(step.script)
                let wrong = step.check(finished)
                #expect(wrong == [], "\(step.script)\n\(finished.output)\(finished.error)")
            }
        }

        @Test("the system tells of itself, and of what it has not")
        func system() async throws {
            let steps = [
                Step("docker version", "API version:", "linux/amd64", "0.1.0"),
                Step("docker version --format '{{.Server.APIVersion}} {{.Server.MinAPIVersion}}'", "1.47 1.24"),
                Step("docker info", "Storage Driver: erofs", "Server Version: 0.1.0", "Images: 2", "Swarm: inactive"),
                Step("docker info --format '{{.NCPU}} {{.OSType}} {{.Architecture}}'", "linux x86_64"),
                Step("docker info --format '{{.ID}}' >a; docker info --format '{{.ID}}' | cmp a -"),
                Step("docker system df", "Images", "Build Cache"),
                Step("docker system df -v", "busybox"),
                Step("docker network ls", "none", "null"),
                Step("docker network inspect none", #""Driver": "null""#),
                Step("docker network inspect mine", code: 1, "network", "mine"),
                Step("docker network create mine", code: 1, "this node has no networks yet"),
                Step("docker volume ls", "VOLUME NAME"),
                Step("docker volume inspect v", code: 1, "such volume"),
                Step("docker node ls", code: 1, "This node is not a swarm manager"),
                Step("docker secret ls", code: 1, "This node is not a swarm manager"),
                Step("echo 'FROM busybox' | DOCKER_BUILDKIT=0 docker build -", code: 1, "this node builds no images"),
                Step("curl -s --unix-socket run/apus.sock http://x/nothing", #"{"message":"page not found"}"#),
                Step("curl -s --unix-socket run/apus.sock http://x/v1.99/info", "is too new"),
                Step("curl -sI --unix-socket run/apus.sock http://x/_ping", "200 OK", "Api-Version: 1.47"),
                Step("[ $(stat -c %a run/apus.sock) = 660 ]"),
            ]
            try await withNode { node in
                try await node.withEngine { docker in try await run(steps, docker) }
            }
        }

        @Test(
            "what cannot be served is refused in one line before anything is",
            arguments: [
                ("--tcp 0.0.0.0:2375", "is not 127.0.0.1:PORT"), ("--tcp 127.0.0.1", "is not 127.0.0.1:PORT"),
                ("--socket relative.sock", "is not an absolute path"), ("--socket $PWD/file", "which is no socket"),
                ("--socket $PWD/missing/x.sock", "No such file"), ("--config $PWD/strange", "no setting \"color\""),
                ("--config $PWD/relative", "is not an absolute path"),
            ]
        )
        func refusals(options: String, words: String) async throws {
            try await withNode { node in
                let finished = try await node.shell(
                    """
                    touch file; echo 'engine: {color: red}' >strange; echo 'engine: {socket: x}' >relative
                    exec "$(dirname "$APUS")/apusd" --pool 0 \(options)
                    """
                )
                #expect(finished.code != 0 && finished.error.contains(words), "\(finished.error)")
                #expect(finished.errorLines.count { $0.hasPrefix("apus") } == 1)
            }
        }

        @Test("the API is on the socket and the port that were asked for, and its failure is not the pods'")
        func places() async throws {
            let script = #"""
                "$(dirname "$APUS")/apusd" --pool 0 --socket $PWD/mine.sock --tcp 127.0.0.1:0 2>log & pid=$!
                for n in $(seq 200); do [ -S mine.sock ] && grep -q 'tcp://127.0.0.1:' log && break; sleep 0.1; done
                port=$(sed -nE 's|.*tcp://127.0.0.1:([0-9]+).*|\1|p' log | head -n 1)
                curl -s --unix-socket mine.sock http://x/_ping; curl -s http://127.0.0.1:$port/_ping
                kill $pid; wait $pid
                """#
            try await withNode { node in
                let finished = try await node.shell(script)
                #expect(finished.code == 0 && finished.output == "OKOK", "\(finished.error)")
            }
        }

        @Test("images are listed, described, named and removed as by Docker")
        func images() async throws {
            let steps = [
                Step("docker images", "REPOSITORY", "busybox", "latest", "configured"),
                Step("docker images --format '{{.Repository}}:{{.Tag}}' busybox", "busybox:latest", "!configured"),
                Step("docker images -q --no-trunc --filter reference='busy*'", "sha256:"),
                Step("docker images -q --filter reference='nothing*' | wc -l", "0"),
                Step("docker images --filter dangling=true -q | wc -l", "0"),
                Step("docker images --filter before=nothing", code: 1, "nothing"),
                Step("docker images --filter bad=1", code: 1, "invalid filter"),
                Step("docker images --digests", "sha256:"),
                Step("docker image inspect busybox --format '{{.Os}}/{{.Architecture}}'", "linux/amd64"),
                Step("docker image inspect busybox --format '{{len .RootFS.Layers}}'", "1"),
                Step("docker image inspect $(docker images -q busybox)", "busybox:latest"),
                Step("docker image inspect nothing", code: 1, "No such image: nothing"),
                Step("docker history busybox", "IMAGE", "CREATED BY"),
                Step("docker tag busybox team/box:v1; docker images team/box", "v1"),
                Step("docker tag nothing x", code: 1, "No such image: nothing"),
                Step("docker tag busybox 'BAD'", code: 1),
                Step("docker rmi team/box:v1", "Untagged: team/box:v1", "!Deleted"),
                Step("docker rmi team/box:v1", code: 1, "No such image: team/box:v1"),
                Step("docker tag busybox a/b/c/d:x; docker rmi a/b/c/d:x", "Untagged: a/b/c/d:x"),
                Step("docker tag busybox two:a; docker rmi $(docker images -q busybox | head -1)", code: 1, "two:a"),
                Step("docker rmi two:a configured", "Deleted: sha256:"),
                Step("docker image prune -f", "Total reclaimed space"),
            ]
            try await withNode { node in
                try await node.withEngine { docker in try await run(steps, docker) }
            }
        }

        @Test("archives go in and out, and an import makes an image")
        func archives() async throws {
            let steps = [
                Step("docker save busybox >a.tar; tar tf a.tar", "manifest.json", "index.json"),
                Step("docker save busybox configured -o b.tar; tar tf b.tar", "manifest.json"),
                Step("docker save nothing >c.tar", code: 1, "No such image: nothing"),
                Step("id=$(docker images -q --no-trunc busybox); docker rmi busybox; echo $id >id", "Deleted: "),
                Step("docker load -i a.tar", "Loaded image: busybox:latest"),
                Step("[ $(docker images -q --no-trunc busybox) = $(cat id) ]"),
                Step("docker load <b.tar", "Loaded image: configured"),
                Step("echo nonsense | docker load", code: 1, "!upload"),
                Step("ls root/uploads | wc -l", "0"),
                Step("skopeo copy -q docker-archive:a.tar oci-archive:o.tar; docker load -i o.tar", "Loaded image"),
                Step("mkdir r; cp /bin/busybox r/; tar cC r . >r.tar"),
                Step(
                    #"docker import -c 'CMD ["sh"]' -c 'ENV A="b c"' -c 'LABEL x=y' -m why r.tar made:v1"#,
                    "sha256:"
                ),
                Step("docker image inspect made:v1 -f '{{.Config.Cmd}} {{.Config.Env}}'", "[sh] [A=b c]"),
                Step("docker image inspect made:v1 -f '{{.Config.Labels}} {{.Comment}}'", "map[x:y] why"),
                Step("docker images -q --filter label=x=y | wc -l", "1"),
                Step("gzip -c r.tar | docker import - packed; docker images packed", "latest"),
                Step("docker import -m more - <r.tar; docker images --filter dangling=true -q | wc -l", "1"),
                Step("docker import -m more - <r.tar", "sha256:"),
                Step("docker image prune -f", "deleted: sha256:"),
                Step("docker import -c 'RUN x' r.tar bad", code: 1, "RUN x"),
                Step("docker import http://127.0.0.1:1/x.tar", code: 1, "fetch the archive yourself"),
            ]
            try await withNode { node in
                try await node.withEngine { docker in try await run(steps, docker) }
            }
        }

        @Test("images go to a registry and come back, and all of it is told")
        func registry() async throws {
            try await LocalRegistry.with { registry in
                let name = "\(registry.name)/team/box"
                let steps = [
                    Step("docker events --format '{{.Action}} {{.Type}}' >events & echo $! >pid; sleep 1"),
                    Step("docker tag busybox \(name):v1; docker push \(name):v1", "v1: digest: sha256:", "Pushed"),
                    Step("docker tag busybox \(name):v2; docker push -a \(name)", "v1: digest: ", "v2: digest: "),
                    Step("docker rmi \(name):v2"),
                    Step("docker push \(name):none", code: 1, "does not exist locally with the tag"),
                    Step("docker rmi \(name):v1; docker pull \(name):v1", "Downloaded newer image", "Digest: sha256:"),
                    Step("docker pull \(name):v1", "Image is up to date"),
                    Step("docker pull -q \(name):v1", "\(name):v1"),
                    Step("docker pull \(name):nothing", code: 1, "no such image"),
                    Step("docker pull --platform linux/s390x \(name):v1", code: 1, "cannot be run here"),
                    Step("docker pull -a \(name)", code: 1, "name a tag"),
                    Step("docker images --digests \(name) --format '{{.Digest}}' | grep -c sha256", "1"),
                    Step("docker rmi \(name)@$(docker images --digests \(name) --format '{{.Digest}}')", "Untagged"),
                    Step("docker search \(registry.name)/box", "team/box"),
                    Step("docker search --limit 1000 \(registry.name)/box", code: 1),
                    Step(
                        "curl -s --unix-socket run/apus.sock http://x/distribution/\(name):v1/json",
                        #""Descriptor":{"#
                    ),
                    Step("kill $(cat pid); cat events", "tag image", "push image", "untag image", "pull image"),
                    Step("docker events --since 10m --until 0s --filter event=push", "image push \(name):v1"),
                    Step("docker events --since 10m --until 0s --filter type=container | wc -l", "0"),
                ]
                try await withNode { node in
                    try await node.withEngine { docker in try await run(steps, docker) }
                }
            }
        }

        @Test("logins are checked and shown to their registry only")
        func login() async throws {
            try await LocalRegistry.with(.init(isTLS: false, login: ("me", "secret"))) { registry in
                let name = "\(registry.name)/box:v1"
                let steps = [
                    Step("docker tag busybox \(name); docker push \(name)", code: 1),
                    Step("echo wrong | docker login -u me --password-stdin \(registry.name)", code: 1, "!wrong"),
                    Step("echo secret | docker login -u me --password-stdin \(registry.name)", "Login Succeeded"),
                    Step("docker push \(name)", "digest: sha256:"),
                    Step("docker rmi \(name); docker pull \(name)", "Downloaded newer image"),
                    Step("docker logout \(registry.name)", "Removing login credentials"),
                    Step("docker pull \(name)", code: 1, "apus login"),
                ]
                try await withNode { node in
                    try await node.withEngine { docker in try await run(steps, docker) }
                }
            }
        }

        @Test("a pull ends when its client goes away, and the next one goes on")
        func cancelled() async throws {
            try await LocalRegistry.with { registry in
                let name = "\(registry.name)/big:v1"
                let steps = [
                    Step(
                        "mkdir r; cp /bin/busybox r/; head -c 60000000 /dev/urandom >r/data; tar cC r . | docker import - \(name)",
                        "sha256:"
                    ),
                    Step("docker push -q \(name) && docker rmi \(name)"),
                    Step(
                        "for n in 1 2 3 4; do timeout -s KILL 0.$n docker pull \(name) >/dev/null & wait $! || true; done"
                    ),
                    Step("docker pull -q \(name)", name),
                    Step("docker images -q \(name) | wc -l", "1"),
                ]
                try await withNode { node in
                    try await node.withEngine { docker in try await run(steps, docker) }
                }
            }
        }
    }
}
