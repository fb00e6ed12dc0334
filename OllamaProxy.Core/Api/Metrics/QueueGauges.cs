using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using OllamaProxy.Hosting;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Telemetry;
using OllamaProxy.Worker;

namespace OllamaProxy.Api.Metrics;

/// <summary>
/// The metrics that tell how the queue and the backends are now. The queue is looked at when somebody asks, and every few seconds where
/// metrics are sent to a collector.
/// </summary>
public sealed class QueueGauges : BackgroundService
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>Of so many API keys the prompts are counted at most.</summary>
    private const int MaxOwners = 100;

    private readonly IPromptReader _reader;
    private readonly BackendPool _backends;
    private readonly QueuePauses _pauses;
    private readonly MetricLabels _labels;
    private readonly OtlpExport _export;
    private readonly TimeProvider _time;
    private readonly Cached<QueueLook> _look;
    private volatile QueueLook _latest = QueueLook.None;

    /// <summary>Creates the instruments.</summary>
    public QueueGauges(IMeterFactory meters, IPromptReader reader, BackendPool backends, Dispatcher dispatcher, QueuePauses pauses,
        MetricLabels labels, OtlpExport export, TimeProvider time)
    {
        (_reader, _backends, _pauses, _labels, _export, _time) = (reader, backends, pauses, labels, export, time);
        _look = new(LookAsync, GoodFor, time);
        var meter = meters.Create(PromptMetrics.Meter);
        meter.CreateObservableGauge("ollama_proxy.prompts", () => _latest.Prompts, "{prompt}", "Prompts by status.");
        meter.CreateObservableGauge(
            "ollama_proxy.owner.prompts", () => _latest.PromptsOfOwners, "{prompt}", "Prompts by status and API key.");
        meter.CreateObservableGauge(
            "ollama_proxy.queue.oldest.age", () => _latest.OldestAge, "s", "Age of the oldest queued prompt; 0 where none is queued.");
        meter.CreateObservableGauge("ollama_proxy.queue.paused", () => _pauses.Current.IsQueuePaused ? 1 : 0, "{queue}",
            "1 while an operator has paused the whole queue.");
        meter.CreateObservableGauge("ollama_proxy.backend.up", () => OfBackends(backend => backend.State.IsReachable ? 1 : 0),
            "{backend}", "1 if the backend answers.");
        meter.CreateObservableGauge("ollama_proxy.backend.slots", () => OfBackends(backend => backend.Concurrency), "{slot}",
            "Prompts that it runs at once at the most.");
        meter.CreateObservableGauge("ollama_proxy.backend.running", () => OfBackends(backend => dispatcher.CountRunningAt(backend.Name)),
            "{prompt}", "Prompts that this process runs there.");
        meter.CreateObservableGauge("ollama_proxy.backend.models", () => OfBackends(backend => backend.State.Loaded.Count), "{model}",
            "Models that it is believed to have in memory.");
    }

    /// <summary>
    /// Looks at the queue, unless that was done a moment ago. A store that cannot be read leaves the figures as they were.
    /// </summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        _backends.WatchClosely();
        try
        {
            _latest = await _look.GetAsync(cancellationToken);
        }
        catch (StoreException)
        {
            // What is stale is told for a while; /readyz tells that the store is away.
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_export.IsOn)
            return;
        using var timer = new PeriodicTimer(Interval, _time);
        do
            await RefreshAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<QueueLook> LookAsync()
    {
        var counts = await _reader.CountAsync(null, null, CancellationToken.None);
        var ofOwners = new List<Measurement<long>>();
        foreach (var owner in _labels.Owners.Take(MaxOwners))
            ofOwners.AddRange(Measure(await _reader.CountAsync(null, owner, CancellationToken.None), [new(MetricLabels.Owner, owner)]));
        return new([.. Measure(counts, [])], ofOwners, await OldestAgeAsync(counts.GetValueOrDefault(PromptStatus.Queued)));
    }

    /// <summary>The list is newest first, so its last page has the oldest one.</summary>
    private async Task<double> OldestAgeAsync(long queued)
    {
        if (queued is 0 or > int.MaxValue)
            return 0;
        var last = await _reader.ListAsync(new((int)queued, 1) { Status = PromptStatus.Queued }, CancellationToken.None);
        return last.Prompts is [var oldest, ..] ? Math.Max((_time.GetUtcNow() - oldest.Prompt.CreatedAt).TotalSeconds, 0) : 0;
    }

    private static IEnumerable<Measurement<long>> Measure(
        IReadOnlyDictionary<PromptStatus, long> counts, KeyValuePair<string, object?>[] tags) =>
        Enum.GetValues<PromptStatus>().Select(status =>
            new Measurement<long>(counts.GetValueOrDefault(status), [.. tags, new("status", status.Name())]));

    private IEnumerable<Measurement<int>> OfBackends(Func<Backend, int> measure) => _backends.All.Select(backend =>
        new Measurement<int>(measure(backend), new KeyValuePair<string, object?>(MetricLabels.Backend, backend.Name)));

    private sealed record QueueLook(
        IReadOnlyList<Measurement<long>> Prompts, IReadOnlyList<Measurement<long>> PromptsOfOwners, double OldestAge)
    {
        public static readonly QueueLook None = new([], [], 0);
    }
}
