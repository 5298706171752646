import CommandLine
import Pods
import Testing

@Suite("Sizes, times and ids for people")
struct HumanTests {
    @Test(
        "sizes of images have three digits and powers of 1000",
        arguments: [
            (0, "0B"), (1, "1B"), (999, "999B"), (1000, "1kB"), (1234, "1.23kB"), (72_800, "72.8kB"),
            (999_400, "999kB"), (999_600, "1MB"), (4_300_000, "4.3MB"), (13_250_000, "13.3MB"), (187_000_000, "187MB"),
            (1_200_000_000, "1.2GB"), (1_005_000_000_000, "1TB"), (.max, "18.4EB"),
        ] as [(UInt64, String)]
    )
    func decimal(bytes: UInt64, text: String) {
        #expect(HumanSize.decimal(bytes) == text)
    }

    @Test(
        "sizes of memory have four digits and powers of 1024",
        arguments: [
            (0, "0B"), (1023, "1023B"), (1024, "1KiB"), (1536, "1.5KiB"), (48_108_994, "45.88MiB"),
            (134_217_728, "128MiB"), (1_073_741_823, "1GiB"), (8_589_934_592, "8GiB"), (1 << 63, "8EiB"),
        ] as [(UInt64, String)]
    )
    func binary(bytes: UInt64, text: String) {
        #expect(HumanSize.binary(bytes) == text)
    }

    @Test(
        "times are told in one unit",
        arguments: [
            (-5, "Less than a second"), (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"),
            (60, "About a minute"), (119, "About a minute"), (120, "2 minutes"), (3599, "59 minutes"),
            (3600, "About an hour"), (5399, "About an hour"), (5400, "2 hours"), (47 * 3600, "47 hours"),
            (48 * 3600, "2 days"), (13 * 86400, "13 days"), (14 * 86400, "2 weeks"), (59 * 86400, "8 weeks"),
            (60 * 86400, "2 months"), (729 * 86400, "24 months"), (730 * 86400, "2 years"),
        ] as [(Int64, String)]
    )
    func duration(seconds: Int64, text: String) {
        #expect(HumanDuration.text(.seconds(seconds)) == text)
    }

    @Test("ages and running times are sentences")
    func sentences() {
        #expect(HumanDuration.ago(.seconds(125)) == "2 minutes ago")
        #expect(HumanDuration.up(.seconds(3 * 3600)) == "Up 3 hours")
        #expect(HumanDuration.up(.milliseconds(5)) == "Up Less than a second")
    }

    @Test(
        "ids are cut to twelve characters",
        arguments: [
            ("sha256:0123456789abcdef0123", "0123456789ab"), ("0123456789abcdef", "0123456789ab"), ("abc", "abc"),
            ("", ""),
        ]
    )
    func shortID(id: String, text: String) {
        #expect(ShortID.of(id) == text)
    }
}
