import FoundationEssentials
package import OCI

/// One step of how an image was built.
package struct HistoryLine: Sendable, Hashable {
    /// What the configuration says of it.
    package let step: ImageConfiguration.Step
    /// The bytes of the layer that it made, uncompressed; 0 if it made none.
    package let size: Int64
}

extension ImageStore {
    /// How an image was built, the last step first; one line a layer for an image that does not say.
    package func history(of image: Image) throws(ImageError) -> [HistoryLine] {
        var diffIDs = image.configuration.diffIDs[...]
        var lines: [HistoryLine] = []
        for step in image.configuration.history {
            guard !step.isEmptyLayer, let diffID = diffIDs.popFirst() else {
                lines.append(HistoryLine(step: step, size: 0))
                continue
            }
            lines.append(HistoryLine(step: step, size: layerSize(diffID)))
        }
        for diffID in diffIDs {
            lines.append(HistoryLine(step: ImageConfiguration.Step(created: image.created), size: layerSize(diffID)))
        }
        return lines.reversed()
    }

    private func layerSize(_ diffID: Digest) -> Int64 {
        let contents = layout.layer(diffID).contents
        return contents?.uncompressedSize ?? contents?.size ?? 0
    }
}
