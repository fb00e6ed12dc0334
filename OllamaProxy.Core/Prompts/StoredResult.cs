using OllamaProxy.Protocol;

namespace OllamaProxy.Prompts;

/// <summary>A result in the store, final or partial, whose texts are read on demand.</summary>
/// <param name="Statistics">Ollama's figures.</param>
/// <param name="Text">The answer.</param>
/// <param name="Thinking">What the model thought before it answered; null: it did not say any of it.</param>
public sealed record StoredResult(GenerationStatistics Statistics, StoredText Text, StoredText? Thinking);

/// <summary>Ollama's answer to an <see cref="ApiCall"/>, in the store.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers that are passed on to the client.</param>
/// <param name="Body">The body, byte for byte.</param>
public sealed record StoredResponse(int Status, HeaderList Headers, LongText Body);

/// <summary>
/// Reads a text from the store in pieces, since it may be too long to be held in memory for every reader. The pieces are UTF-8, may be cut
/// within a character, and are valid until the next is read. If the text is replaced or removed meanwhile, the reading ends with an error
/// of the store.
/// </summary>
public delegate IAsyncEnumerable<ReadOnlyMemory<byte>> StoredText(CancellationToken cancellationToken);
