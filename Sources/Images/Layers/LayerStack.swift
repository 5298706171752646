import AgentProtocol
package import OCI
import SystemPackage

/// The layers of an image that a machine is to be given, found to be such as a machine takes.
package struct LayerStack: Sendable {
    /// The most layers of an image: a message to the agent names as many, and Docker allows 127.
    package static let mostLayers = LayerSource.mostLayers

    /// The layers, the lowest first; each is a file of the length that it says.
    package let layers: [Layer]

    /// Checks layers, the lowest first.
    ///
    /// - Parameter image: what to call their image in messages.
    /// - Throws: `ImageError` for no layers or too many, one that is too large, and one that the store has lost.
    package init(_ layers: [Layer], of image: String) throws(ImageError) {
        guard (1...Self.mostLayers).contains(layers.count) else {
            throw ImageError(
                .unsupported,
                "image \"\(image)\" has \(layers.count) layers, and takes 1 to \(Self.mostLayers) to start (squash it)"
            )
        }
        for layer in layers { try Self.check(layer, of: image) }
        self.layers = layers
    }

    private static func check(_ layer: Layer, of image: String) throws(ImageError) {
        guard layer.size > 0, layer.size % 4096 == 0 else {
            throw ImageError(
                .damaged,
                "layer \(layer.diffID) is damaged: its disk \(layer.disk) has \(layer.size) bytes (load the image again)"
            )
        }
        guard layer.size <= LayerDisk.slotSize else {
            throw ImageError(
                .unsupported,
                "layer \(layer.diffID) of image \"\(image)\" has \(layer.size) bytes, and a machine takes layers of up to "
                    + "\(LayerDisk.slotSize) (spread its files over more layers)"
            )
        }
    }
}
