using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Configuration;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Queue;

public sealed class WaitEstimatorTests : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromHours(1), 5, "here");

    private readonly StoreHome _home = StoreHome.Chosen();
    private readonly FakeTimeProvider _time = new();
    private IPromptStore _store = null!;

    [Fact]
    public async Task Nothing_is_estimated_before_anything_was_measured()
    {
        Assert.Null(await Rate(1).EtaAsync(1, default));
        Assert.Equal(TimeSpan.FromSeconds(1), await Rate(1).UntilGoneAsync(1, default));
    }

    [Fact]
    public async Task The_first_prompt_that_ends_is_known_at_once()
    {
        var rate = Rate(1);
        Assert.Null(await rate.EtaAsync(1, default));
        await RunAsync(0.5, "done");
        Assert.NotNull(await rate.EtaAsync(1, default));
    }

    [Theory]
    [InlineData(1, 1, 10)]
    [InlineData(5, 1, 50)]
    [InlineData(4, 4, 10)]
    [InlineData(5, 4, 20)]
    public async Task An_estimate_is_the_mean_run_for_each_round_of_slots(long position, int concurrency, double seconds)
    {
        await RunAsync(5, "done");
        await RunAsync(15, "done");
        await RunAsync(500, null);
        Assert.Equal(seconds, (await Rate(concurrency).EtaAsync(position, default))!.Value.TotalSeconds, 2);
    }

    [Theory]
    [InlineData(1, 1, 10)]
    [InlineData(4, 1, 2.5)]
    [InlineData(100, 1, 1)]
    [InlineData(1, 3, 30)]
    [InlineData(4, 100, 250)]
    public async Task A_prompt_leaves_the_queue_whenever_a_slot_is_free(int concurrency, long prompts, double seconds)
    {
        await RunAsync(10, "done");
        Assert.Equal(seconds, (await Rate(concurrency).UntilGoneAsync(prompts, default)).TotalSeconds, 2);
    }

    [Fact]
    public async Task The_mean_is_that_of_the_latest_ten_runs_and_at_most_a_second_old()
    {
        var rate = Rate(1);
        await RunAsync(100, "done");
        Assert.Equal(100, (await rate.EtaAsync(1, default))!.Value.TotalSeconds, 2);
        for (var run = 0; run < 10; run++)
            await RunAsync(10, "done");
        Assert.Equal(10, (await rate.EtaAsync(1, default))!.Value.TotalSeconds, 2);
    }

    public async Task InitializeAsync() => _store = await _home.OpenAsync(_time);

    public async Task DisposeAsync() => await _home.DisposeAsync();

    private WaitEstimator Rate(int concurrency) => new(_store, new OllamaProxyOptions { Concurrency = concurrency }, _time);

    private async Task RunAsync(double seconds, string? result)
    {
        await _store.AddAsync(new("hello", "llama3.2", "{}"u8.ToArray()), 0, default);
        var lease = (await _store.ClaimAsync(Terms, default))!.Lease;
        _time.Advance(TimeSpan.FromSeconds(seconds));
        if (result is null)
            await _store.FailAsync(lease, "it broke", null, default);
        else
            await _store.CompleteAsync(lease, new(result, null, GenerationStatistics.None), default);
    }
}
