using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Access;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Api.Models;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Api.Queue;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Ollama;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Worker;

namespace OllamaProxy.Api.Stats;

/// <summary>
/// The API that tells how the queue and Ollama are doing. However many ask, they are looked at every few seconds at most.
/// </summary>
public sealed class StateHandlers
{
    private static readonly TimeSpan QueueGoodFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BackendsGoodFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OllamaGoodFor = TimeSpan.FromSeconds(5);

    /// <summary>The statistics of so many owners are kept for those who ask next.</summary>
    private const int MaxOwners = 1000;

    private readonly IPromptReader _reader;
    private readonly BackendPool _backends;
    private readonly QueuePauses _pauses;
    private readonly OllamaProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly Cached<StatsResource> _stats;
    private readonly ConcurrentDictionary<string, Cached<StatsResource>> _statsOfOwners = [];
    private readonly Cached<IReadOnlyList<BackendResource>> _state;
    private readonly Cached<IReadOnlyList<OllamaModel>> _models;

    /// <summary>Looks at nothing yet.</summary>
    public StateHandlers(IPromptReader reader, BackendPool backends, QueuePauses pauses, OllamaProxyOptions options, TimeProvider time)
    {
        (_reader, _backends, _pauses, _options, _time) = (reader, backends, pauses, options, time);
        _stats = new(() => ReadStatsAsync(null), QueueGoodFor, time);
        _state = new(ReadBackendsAsync, BackendsGoodFor, time);
        _models = new(ReadModelsAsync, OllamaGoodFor, time);
    }

    /// <summary>How the queue has done lately, and how Ollama is: 200.</summary>
    public async Task<IResult> StatsAsync(HttpContext context)
    {
        var kept = await StatsOf(context.Caller()).GetAsync(context.RequestAborted);
        // Whoever has just paused the queue must not be told otherwise.
        var stats = kept with { Queue = QueueResource.Of(_pauses.Current) };
        return JsonResult.Of(context.Caller().IsAdmin ? stats : stats.WithoutBackends(), ApiJson.Relaxed.StatsResource);
    }

    /// <summary>The models that are installed: 200, or 503 where Ollama cannot be asked.</summary>
    public async Task<IResult> ModelsAsync(HttpContext context)
    {
        try
        {
            return JsonResult.Of(ModelsResource.Of((await _models.GetAsync(context.RequestAborted)).Where(
                model => context.Caller().Limits.Allows(ModelName.Canonical(model.Name))), _options.Model),
                ApiJson.Relaxed.ModelsResource);
        }
        catch (OllamaException exception)
        {
            context.Response.Headers.RetryAfter = OllamaGoodFor.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            const string Advice = " Start it with `ollama serve`, or set OLLAMA_URL to where it is.";
            var advice = exception.Kind == FailureKind.Unreachable ? Advice : "";
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, exception.Message + advice);
        }
    }

    private Cached<StatsResource> StatsOf(Caller caller)
    {
        if (caller.OnlyOwner is not { } owner)
            return _stats;
        if (_statsOfOwners.Count >= MaxOwners)
            _statsOfOwners.Clear();
        return _statsOfOwners.GetOrAdd(owner, _ => new(() => ReadStatsAsync(owner), QueueGoodFor, _time));
    }

    /// <param name="owner">Whose prompts they are about; null: those of all.</param>
    private async Task<StatsResource> ReadStatsAsync(string? owner)
    {
        var backends = await _state.GetAsync(CancellationToken.None);
        var now = _time.GetUtcNow();
        var history = await _reader.ReadHistoryAsync(now - StatsResource.Span, owner, CancellationToken.None);
        var counts = CountsResource.Of(await _reader.CountAsync(null, owner, CancellationToken.None));
        return StatsResource.Of(counts, history, backends, QueueResource.Of(_pauses.Current), now);
    }

    /// <summary>A model that several backends have is told of once, and one that a backend is not to be asked for not at all.</summary>
    private async Task<IReadOnlyList<OllamaModel>> ReadModelsAsync()
    {
        var lists = await _backends.AskAsync(
            async (backend, cancellationToken) =>
                (await backend.Client.ListInstalledAsync(cancellationToken)).Where(model => backend.IsModelAllowed(model.Name)),
                CancellationToken.None);
        return [.. lists.SelectMany(models => models).DistinctBy(model => model.Name)];
    }

    private async Task<IReadOnlyList<BackendResource>> ReadBackendsAsync() => await Task.WhenAll(_backends.All.Select(ReadBackendAsync));

    private static async Task<BackendResource> ReadBackendAsync(Backend backend)
    {
        var loaded = backend.Client.ListLoadedAsync(CancellationToken.None);
        try
        {
            var version = await ReadVersionAsync(backend.Client, loaded);
            return BackendResource.Of(backend, version, await loaded);
        }
        catch (OllamaException exception)
        {
            await ((Task)loaded).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return BackendResource.Of(backend, exception);
        }
    }

    /// <summary>The version; null: it takes too long, while the models in memory are told, so that Ollama is there.</summary>
    private static async Task<string?> ReadVersionAsync(OllamaClient ollama, Task loaded)
    {
        try
        {
            return await ollama.ReadVersionAsync(CancellationToken.None);
        }
        catch (OllamaException exception) when (exception.Kind == FailureKind.Unreachable && loaded.IsCompletedSuccessfully)
        {
            return null;
        }
    }
}
