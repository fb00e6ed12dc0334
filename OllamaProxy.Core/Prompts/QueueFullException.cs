namespace OllamaProxy.Prompts;

/// <summary>The queue holds as many prompts as it may, and took none.</summary>
/// <param name="queued">How many are queued.</param>
/// <param name="limit">How many may be: <c>OLLAMA_PROXY_MAX_QUEUED</c>.</param>
public sealed class QueueFullException(long queued, long limit) : Exception(
    string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The queue is full: {queued} prompts wait, and OLLAMA_PROXY_MAX_QUEUED allows {limit}. Try again later."));
