using System.Globalization;

namespace OllamaProxy.Storage;

/// <summary>The queue has no room for a submission. None of it was queued.</summary>
/// <param name="submitted">How many prompts the submission has.</param>
/// <param name="queued">How many are queued.</param>
/// <param name="limit">The limit, <c>OLLAMA_PROXY_MAX_QUEUED</c>.</param>
public sealed class QueueFullException(long submitted, long queued, long limit) : Exception(Describe(submitted, queued, limit))
{
    /// <summary>How many prompts must leave the queue before the submission fits, at least 1.</summary>
    public long Missing => queued + submitted - limit;

    private static string Describe(long submitted, long queued, long limit)
    {
        var filled = string.Create(CultureInfo.InvariantCulture, $"{queued} prompts wait, and OLLAMA_PROXY_MAX_QUEUED allows {limit}");
        return queued >= limit
            ? $"The queue is full: {filled}. Try again later."
            : string.Create(CultureInfo.InvariantCulture,
                $"The batch holds {submitted} prompts, and the queue has room for {limit - queued}: {filled}. "
                + $"Submit fewer at once, or try again later.");
    }
}
