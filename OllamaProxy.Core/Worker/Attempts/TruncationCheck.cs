using System.Text.Json;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker.Attempts;

/// <summary>
/// Finds out whether Ollama cut a prompt to make it fit the context, which it tells nobody: how many tokens it leaves depends on the length
/// of the context alone, so that exactly this number is the sign of it. A prompt that has so many tokens by itself shows the same sign, and
/// a chat whose oldest messages were left out shows none.
/// </summary>
internal static class TruncationCheck
{
    /// <summary>Fewer tokens than this are no sign: contexts of which they would be one are smaller than any that Ollama chooses.</summary>
    private const long MinTokens = 1000;

    /// <summary>How many tokens at the beginning Ollama keeps by default (<c>num_keep</c>).</summary>
    private const long Kept = 4;

    /// <summary>How long Ollama may take to say how long the context is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>How many tokens were left of a prompt that Ollama has cut; null: there is no sign that it has.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="model">The canonical name of its model.</param>
    /// <param name="statistics">Ollama's figures.</param>
    /// <param name="backend">Where it was run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<long?> FindAsync(ClaimedPrompt prompt, string model, GenerationStatistics statistics, Backend backend,
        TimeProvider time, CancellationToken cancellationToken)
    {
        if (statistics.PromptEvalCount is not { } tokens || model.Length == 0)
            return null;
        // A model may hold fewer tokens than it is asked to.
        var length = LoadOptions.ContextLength(prompt.LoadOptions) is { } asked ? Math.Min(asked, backend.ContextLengthOf(model) ?? asked)
            : tokens >= MinTokens ? await ContextLengthAsync(model, backend, time, cancellationToken) : null;
        return length is { } context && IsSign(tokens, context) && !HasSeveralInputs(prompt.Call) ? tokens : null;
    }

    /// <summary>Whether a prompt has as many tokens as Ollama leaves of one that is too long for the context.</summary>
    public static bool IsSign(long tokens, long context) =>
        // Up to 0.30, and of a text to embed: as many as there is room for.
        tokens >= context
        // Since 0.31 (llm/llama_server.go, contextShiftPromptLimit): what is kept, and half of the rest, so that there is room for the
        // answer. Where the model begins its prompts with a token of its own, this is kept as well.
        || tokens == Left(context, Kept) || tokens == Left(context, Kept + 1);

    private static long Left(long context, long kept) => context - Math.Max((context - kept) / 2, 1);

    private static async Task<long?> ContextLengthAsync(string model, Backend backend, TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await backend.FindContextLengthAsync(model, linked.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Whether a call embeds several texts, whose tokens are counted together.</summary>
    private static bool HasSeveralInputs(ApiCall? call)
    {
        if (call is null || ApiRoute.Find(call.Endpoint) is not { Kind: CallKind.Embed })
            return false;
        try
        {
            using var body = JsonReading.Parse(call.Body);
            return body.RootElement.FindInAnyCase("input") is not { ValueKind: JsonValueKind.String };
        }
        catch (JsonException)
        {
            return true;
        }
    }
}
