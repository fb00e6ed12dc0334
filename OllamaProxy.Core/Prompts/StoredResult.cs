using OllamaProxy.Protocol;

namespace OllamaProxy.Prompts;

/// <summary>What the store holds of a result, or of what had come of one.</summary>
/// <param name="Statistics">Ollama's figures.</param>
/// <param name="Text">The answer.</param>
/// <param name="Thinking">What the model thought before it answered; null where it said none of that.</param>
public sealed record StoredResult(GenerationStatistics Statistics, StoredText Text, StoredText? Thinking);

/// <summary>Ollama's answer to a <see cref="ApiCall"/>, as the store holds it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers that go to the client with it.</param>
/// <param name="Body">The body, byte for byte.</param>
public sealed record StoredResponse(int Status, HeaderList Headers, LongText Body);

/// <summary>
/// Reads a text from the store, piece by piece: it may be too long to be held by everyone who asks for it. The pieces are
/// UTF-8, cut anywhere, and each is good until the next is asked for. A text that was replaced or removed meanwhile ends in
/// an error of the store.
/// </summary>
public delegate IAsyncEnumerable<ReadOnlyMemory<byte>> StoredText(CancellationToken cancellationToken);
