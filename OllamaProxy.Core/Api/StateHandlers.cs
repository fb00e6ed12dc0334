using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>The API that tells how the queue and Ollama are doing. However many ask, they are looked at every few seconds at most.</summary>
public sealed class StateHandlers
{
    private static readonly TimeSpan QueueGoodFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OllamaGoodFor = TimeSpan.FromSeconds(5);

    private readonly PromptQueue _queue;
    private readonly OllamaClient _ollama;
    private readonly OllamaProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly Cached<StatsResource> _stats;
    private readonly Cached<BackendResource> _backend;
    private readonly Cached<IReadOnlyList<OllamaModel>> _models;

    /// <summary>Looks at nothing yet.</summary>
    public StateHandlers(PromptQueue queue, OllamaClient ollama, OllamaProxyOptions options, TimeProvider time)
    {
        (_queue, _ollama, _options, _time) = (queue, ollama, options, time);
        _stats = new(ReadStatsAsync, QueueGoodFor, time);
        _backend = new(ReadBackendAsync, OllamaGoodFor, time);
        _models = new(() => ollama.ListInstalledAsync(CancellationToken.None), OllamaGoodFor, time);
    }

    /// <summary>How the queue has done lately, and how Ollama is: 200.</summary>
    public async Task<IResult> StatsAsync(HttpContext context) =>
        JsonAnswer.Of(await _stats.GetAsync(context.RequestAborted), ApiJson.Relaxed.StatsResource);

    /// <summary>The models that are installed: 200, or 503 where Ollama cannot be asked.</summary>
    public async Task<IResult> ModelsAsync(HttpContext context)
    {
        try
        {
            return JsonAnswer.Of(ModelsResource.Of(await _models.GetAsync(context.RequestAborted), _options.Model), ApiJson.Relaxed.ModelsResource);
        }
        catch (OllamaException exception)
        {
            context.Response.Headers.RetryAfter = OllamaGoodFor.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, $"{exception.Message} Start it with `ollama serve`, or set OLLAMA_URL to where it is.");
        }
    }

    private async Task<StatsResource> ReadStatsAsync()
    {
        var backend = await _backend.GetAsync(CancellationToken.None);
        var now = _time.GetUtcNow();
        var history = await _queue.ReadHistoryAsync(now - StatsResource.Span, CancellationToken.None);
        return StatsResource.Of(CountsResource.Of(await _queue.CountAsync(CancellationToken.None)), history, backend, now);
    }

    private async Task<BackendResource> ReadBackendAsync()
    {
        try
        {
            return BackendResource.Of(_options.Ollama, await _ollama.ReadVersionAsync(CancellationToken.None), await _ollama.ListLoadedAsync(CancellationToken.None));
        }
        catch (OllamaException exception)
        {
            return BackendResource.Of(_options.Ollama, exception);
        }
    }
}
