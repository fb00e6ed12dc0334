using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Statistics;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>What a store keeps for the dashboard.</summary>
public abstract class TrendStoreTests(StoreHome home) : IAsyncLifetime
{
    private static readonly Guid Here = Guid.NewGuid();
    private static readonly Guid There = Guid.NewGuid();

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;

    [StoreFact]
    public async Task What_was_written_is_read_to_the_last_figure()
    {
        var figures = new TrendFigures
        {
            Prompts = 1,
            Failed = 2,
            Errors = 3,
            PromptTokens = 4,
            Tokens = long.MaxValue,
            TimedTokens = 6,
            GenerationSeconds = 7.5,
            Queued = 8,
            Processing = 9,
        };
        figures.Wait.Add(TimeSpan.FromSeconds(3));
        figures.Run.Add(TimeSpan.FromHours(3));
        var row = new TrendRow(KeyOf(TrendSpan.Day, "hf.co/ü\0:latest"), figures);

        await _store.WriteTrendsAsync(Here, [row], default);

        var read = Assert.Single(await ReadAsync(TrendSpan.Day));
        Assert.Equal(row.Key, read.Key);
        Assert.Equivalent(row.Figures, read.Figures, strict: true);
        Assert.Empty(await ReadAsync(TrendSpan.Hour));
    }

    [StoreFact]
    public async Task A_process_replaces_its_own_rows_only()
    {
        var key = KeyOf(TrendSpan.Hour, "llama3.2:latest");
        await _store.WriteTrendsAsync(Here, [new(key, new() { Prompts = 1 })], default);
        await _store.WriteTrendsAsync(There, [new(key, new() { Prompts = 10 })], default);
        await _store.WriteTrendsAsync(
            Here, [new(key, new() { Prompts = 2 }), new(key with { Model = "b" }, new() { Prompts = 5 })], default);

        var rows = await ReadAsync(TrendSpan.Hour);

        Assert.Equal([2, 5, 10], rows.Select(row => row.Figures.Prompts).Order());
    }

    [StoreFact]
    public async Task What_is_older_than_its_span_is_removed()
    {
        var rows = TrendSpan.All.Select(span => new TrendRow(KeyOf(span, "a"), new() { Prompts = 1 }));
        await _store.WriteTrendsAsync(Here, [.. rows], default);

        foreach (var (hours, left) in new[] { (0.9, (1, 1, 1)), (23, (0, 1, 1)), (24 * 6, (0, 0, 1)), (24, (0, 0, 0)) })
        {
            _time.Advance(TimeSpan.FromHours(hours));
            await _store.WriteTrendsAsync(There, [], default);
            Assert.Equal(left, (await CountAsync(TrendSpan.Hour), await CountAsync(TrendSpan.Day), await CountAsync(TrendSpan.Week)));
        }
    }

    public async Task InitializeAsync() => _store = await home.OpenAsync(_time);

    public async Task DisposeAsync() => await home.DisposeAsync();

    private TrendKey KeyOf(TrendSpan span, string model) =>
        new(span.Step, span.StepOf(_time.GetUtcNow()), model, "http://localhost:11434/");

    private Task<IReadOnlyList<TrendRow>> ReadAsync(TrendSpan span) =>
        _store.ReadTrendsAsync(span, span.FirstStep(_time.GetUtcNow()), default);

    private async Task<int> CountAsync(TrendSpan span) => (await _store.ReadTrendsAsync(span, DateTimeOffset.UnixEpoch, default)).Count;

    public sealed class OnSqlite() : TrendStoreTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : TrendStoreTests(StoreHome.Postgres());
}
