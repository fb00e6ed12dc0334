using System.Diagnostics;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Telemetry;

/// <summary>
/// The spans of a prompt, all in one trace across the queue and across processes: its submission, its wait, each attempt and the request to
/// Ollama within it. Where nobody listens nothing is made, and nothing is read for it. docs/monitoring.md lists them.
/// </summary>
public sealed class PromptTraces(IPromptReader reader)
{
    /// <summary>The name of the source.</summary>
    public const string Source = "OllamaProxy";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>Whether somebody listens.</summary>
    public static bool AreHeard => Spans.HasListeners();

    /// <summary>
    /// Begins the span of a submission, in the trace of the client if it sent one. The prompt is to be stored with the id of the span.
    /// </summary>
    /// <returns>The span; null: nobody listens.</returns>
    public static Activity? Submit(NewPrompt prompt)
    {
        if (!AreHeard)
            return null;
        var span = Spans.StartActivity($"submit {prompt.Model}".TrimEnd(), ActivityKind.Producer, ContextOf(prompt.TraceParent));
        span?.SetTag("gen_ai.request.model", prompt.Model);
        return span;
    }

    /// <summary>Begins the span of an attempt, and tells of the wait before the first one.</summary>
    /// <returns>The span; null: nobody listens.</returns>
    public async ValueTask<Activity?> ProcessAsync(ClaimedPrompt claimed, string model, string backend)
    {
        if (!AreHeard || await FindAsync(claimed.Id) is not { } prompt)
            return null;
        var parent = ContextOf(prompt.TraceParent);
        if (claimed.Attempt == 1)
            Spans.StartActivity($"wait {model}", ActivityKind.Internal, parent, startTime: prompt.CreatedAt)?
                .SetEndTime(claimed.StartedAt.UtcDateTime).Dispose();
        return Spans.StartActivity($"process {model}", ActivityKind.Consumer, parent)?
            .SetTag("gen_ai.request.model", model)
            .SetTag("ollama_proxy.prompt.id", claimed.Id)
            .SetTag("ollama_proxy.attempt", claimed.Attempt)
            .SetTag("ollama_proxy.backend", backend);
    }

    /// <summary>Begins the span of a request to Ollama, within that of the attempt.</summary>
    /// <returns>The span; null: nobody listens.</returns>
    public static Activity? Call(Activity? attempt, ApiRoute route, string model, string backend)
    {
        if (attempt is null)
            return null;
        var operation = GenAI.OperationOf(route);
        return Spans.StartActivity($"{operation} {model}", ActivityKind.Client, attempt.Context)?
            .SetTag("gen_ai.operation.name", operation)
            .SetTag("gen_ai.provider.name", "ollama")
            .SetTag("gen_ai.request.model", model)
            .SetTag("server.address", backend);
    }

    /// <summary>Notes what an answer took on its span, and its error.</summary>
    public static void SetResult(Activity? span, GenerationStatistics figures, string? error)
    {
        span?.SetTag("gen_ai.usage.input_tokens", figures.PromptEvalCount)
            .SetTag("gen_ai.usage.output_tokens", figures.EvalCount);
        if (error is not null)
            span?.SetStatus(ActivityStatusCode.Error, error);
    }

    /// <summary>Whether a text is a <c>traceparent</c>, so that it may be kept.</summary>
    public static bool IsTraceParent(string? text) => ActivityContext.TryParse(text, null, out _);

    /// <summary>The id of the trace that a prompt belongs to, as 32 hexadecimal digits; null: it belongs to none.</summary>
    public static string? TraceIdOf(Prompt prompt) =>
        ActivityContext.TryParse(prompt.TraceParent, null, out var context) ? context.TraceId.ToString() : null;

    private async Task<Prompt?> FindAsync(Guid id)
    {
        try
        {
            return await reader.FindAsync(id, CancellationToken.None);
        }
        catch (StoreException)
        {
            return null;
        }
    }

    private static ActivityContext ContextOf(string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : Activity.Current?.Context ?? default;
}
