using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Trends;

namespace OllamaProxy.Telemetry;

/// <summary>
/// Stores what this process does for the dashboard, every few seconds: so that costs no prompt anything. What the last seconds before a
/// crash were like is lost. Nothing is written while nothing happens. Safe for many threads.
/// </summary>
public sealed class TrendRecorder(ITrendStore store, IPromptReader reader, MetricLabels labels, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Guid _process = Guid.NewGuid();
    private readonly ConcurrentQueue<EndedAttempt> _ended = [];
    private readonly Dictionary<TrendKey, TrendFigures> _figures = [];
    private readonly HashSet<TrendKey> _unstored = [];

    /// <summary>An attempt was settled.</summary>
    public void OnEnded(EndedAttempt attempt) => _ended.Enqueue(attempt);

    /// <summary>Stores what happened in the last seconds, and ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // Else the last write may still be under way.
        if (!cancellationToken.IsCancellationRequested)
            await TryStoreAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TryStoreAsync(stoppingToken);
    }

    private async Task TryStoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            AddEnded();
            await AddQueueAsync(cancellationToken);
            await StoreAsync(cancellationToken);
        }
        catch (StoreException)
        {
            // It is written with what comes next; the log tells elsewhere that the store is away.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private void AddEnded()
    {
        while (_ended.TryDequeue(out var attempt))
        {
            var model = labels.NameOf(attempt.Model);
            foreach (var span in TrendSpan.All)
                Change(new(span.Step, span.StepOf(attempt.At), model, attempt.Backend), figures => figures.Add(attempt));
        }
    }

    private async Task AddQueueAsync(CancellationToken cancellationToken)
    {
        var counts = await reader.CountAsync(null, null, cancellationToken);
        var (queued, processing) = (counts.GetValueOrDefault(PromptStatus.Queued), counts.GetValueOrDefault(PromptStatus.Processing));
        foreach (var span in TrendSpan.All)
        {
            var key = new TrendKey(span.Step, span.StepOf(time.GetUtcNow()), "", "");
            var known = _figures.GetValueOrDefault(key);
            if (queued > (known?.Queued ?? 0) || processing > (known?.Processing ?? 0))
                Change(key, figures => figures.Add(new TrendFigures { Queued = queued, Processing = processing }));
        }
    }

    private void Change(TrendKey key, Action<TrendFigures> change)
    {
        if (!_figures.TryGetValue(key, out var figures))
            _figures.Add(key, figures = new());
        change(figures);
        _unstored.Add(key);
    }

    private async Task StoreAsync(CancellationToken cancellationToken)
    {
        if (_unstored.Count > 0)
            await store.WriteTrendsAsync(_process, [.. _unstored.Select(key => new TrendRow(key, _figures[key]))], cancellationToken);
        _unstored.Clear();
        // Nothing is added to a step that is over, but for what ended in its last moment.
        foreach (var key in _figures.Keys.Where(key => key.At + key.Step + Interval + Interval < time.GetUtcNow()).ToList())
            _figures.Remove(key);
    }
}
