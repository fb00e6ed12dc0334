using System.Globalization;

namespace OllamaProxy.Storage;

/// <summary>The queue has not room for all that was submitted, and took nothing of it.</summary>
/// <param name="submitted">How many prompts were submitted together.</param>
/// <param name="queued">How many are queued.</param>
/// <param name="limit">How many may be: <c>OLLAMA_PROXY_MAX_QUEUED</c>.</param>
public sealed class QueueFullException(long submitted, long queued, long limit) : Exception(Describe(submitted, queued, limit))
{
    /// <summary>How many prompts have to leave the queue before there is room for what was submitted; at least 1.</summary>
    public long Missing => queued + submitted - limit;

    private static string Describe(long submitted, long queued, long limit)
    {
        var filled = string.Create(CultureInfo.InvariantCulture, $"{queued} prompts wait, and OLLAMA_PROXY_MAX_QUEUED allows {limit}");
        return queued >= limit
            ? $"The queue is full: {filled}. Try again later."
            : string.Create(CultureInfo.InvariantCulture,
                $"The batch holds {submitted} prompts, and the queue has room for {limit - queued}: {filled}. Submit fewer at once, or try again later.");
    }
}
