namespace OllamaProxy.Prompts;

/// <summary>
/// Reads a text from the store, piece by piece: it may be too long to be held by everyone who asks for it. The pieces are
/// UTF-8, cut anywhere, and each is good until the next is asked for. A text that was replaced or removed meanwhile ends in
/// a <see cref="StoreException"/>.
/// </summary>
public delegate IAsyncEnumerable<ReadOnlyMemory<byte>> StoredText(CancellationToken cancellationToken);
