import Compression

/// Layers that wait for the next stream that needs one: their memory is kept.
struct IdleLayers {
    private let settings: ReadingSettings
    private var layers: [any ArchiveLayer] = []

    init(settings: ReadingSettings) { self.settings = settings }

    /// A layer at the start of a stream.
    mutating func take(_ type: any ArchiveLayer.Type) throws(CompressionError) -> any ArchiveLayer {
        guard let index = layers.lastIndex(where: { Swift.type(of: $0) == type }) else {
            return try type.init(settings: settings)
        }
        let layer = layers.remove(at: index)
        layer.reset()
        return layer
    }

    /// Takes a layer back.
    mutating func give(_ layer: any ArchiveLayer) { layers.append(layer) }
}
