using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Worker;

namespace OllamaProxy.Tests.Api.Http;

/// <summary>When clients are told to come again.</summary>
public sealed class RetryAfterTests : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromHours(10), 5, "here");
    private static readonly NewPrompt New = new("hello", "llama3.2", "{}"u8.ToArray());

    private readonly StoreHome _home = StoreHome.Chosen();
    private readonly FakeTimeProvider _time = new();
    private IPromptStore _store = null!;
    private readonly Reasons _reasons = new();
    private PromptQueue _queue = null!;
    private RetryAfter _retryAfter = null!;

    public async Task InitializeAsync()
    {
        _store = await _home.OpenAsync(_time);
        var options = new OllamaProxyOptions();
        var rate = new WaitEstimator(_store, options, _time);
        _queue = new(_store, _store, new(), rate, new(), options, _time, null, _reasons);
        _retryAfter = new(_queue, rate, _time);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.001, 1)]
    [InlineData(1, 1)]
    [InlineData(1.001, 2)]
    [InlineData(59.5, 60)]
    [InlineData(61, 60)]
    [InlineData(1e9, 60)]
    [InlineData(-5, 1)]
    public void A_wait_is_told_in_whole_seconds_from_one_to_a_minute(double seconds, int expected) =>
        Assert.Equal(expected, RetryAfter.Seconds(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(null, 1, null, "1")]
    [InlineData(0.2, 1, null, "1")]
    [InlineData(5.0, 1, WaitReason.Slot, "5")]
    [InlineData(5.0, 4, WaitReason.Slot, "20")]
    [InlineData(5.0, 100, WaitReason.Window, "60")]
    [InlineData(500.0, 1, null, "60")]
    [InlineData(5.0, 1, WaitReason.Backend, "10")]
    [InlineData(500.0, 3, WaitReason.Model, "10")]
    public async Task Of_a_queued_prompt_it_is_when_it_will_have_ended(double? run, int position, WaitReason? reason, string expected)
    {
        await MeasureAsync(run);
        var last = default(Prompt);
        for (var place = 0; place < position; place++)
            last = (await _store.AddAsync(New, 0, null, default)).Submission.Prompt;
        _reasons.Reason = reason;
        Assert.Equal(expected, await ForResultAsync(last!.Id));
    }

    [Theory]
    [InlineData(5, 30, "35")]
    [InlineData(5, 600, "60")]
    [InlineData(5, 1, "6")]
    public async Task Of_a_prompt_that_waits_for_its_next_attempt_it_is_after_that(double run, double backOff, string expected)
    {
        await MeasureAsync(run);
        var id = (await _store.AddAsync(New, 0, null, default)).Submission.Prompt.Id;
        var lease = (await _store.ClaimAsync(Terms, default))!.Lease;
        await _store.RequeueAsync(lease, "it broke", null, _time.GetUtcNow().AddSeconds(backOff), counts: true, default);
        _reasons.Reason = WaitReason.Retry;
        Assert.Equal(expected, await ForResultAsync(id));
    }

    [Theory]
    [InlineData(null, 0, "1")]
    [InlineData(null, 200, "20")]
    [InlineData(5.0, 0, "5")]
    [InlineData(5.0, 3, "2")]
    [InlineData(5.0, 5, "1")]
    [InlineData(5.0, 40, "4")]
    [InlineData(5.0, 4_000, "60")]
    [InlineData(500.0, 1, "60")]
    public async Task Of_a_prompt_that_runs_it_is_what_is_left_of_a_run_or_a_tenth_of_what_it_took(double? run, double ran, string expected)
    {
        await MeasureAsync(run);
        var id = (await _store.AddAsync(New, 0, null, default)).Submission.Prompt.Id;
        await _store.ClaimAsync(Terms, default);
        _time.Advance(TimeSpan.FromSeconds(ran));
        Assert.Equal(expected, await ForResultAsync(id));
    }

    [Theory]
    [InlineData(null, 1, false, "1")]
    [InlineData(5.0, 1, false, "5")]
    [InlineData(5.0, 3, false, "15")]
    [InlineData(5.0, 300, false, "60")]
    [InlineData(5.0, 1, true, "10")]
    public async Task Of_a_full_queue_it_is_when_so_many_will_have_left_it(double? run, long prompts, bool stalled, string expected)
    {
        await MeasureAsync(run);
        _reasons.IsStalled = stalled;
        var context = new DefaultHttpContext();
        await _retryAfter.SetForRoomAsync(context, prompts);
        Assert.Equal(expected, context.Response.Headers.RetryAfter);
    }

    public async Task DisposeAsync() => await _home.DisposeAsync();

    private async Task<string?> ForResultAsync(Guid id)
    {
        var context = new DefaultHttpContext();
        await _retryAfter.SetForResultAsync(context, (await _store.FindAsync(id, default))!);
        return context.Response.Headers.RetryAfter;
    }

    private async Task MeasureAsync(double? seconds)
    {
        if (seconds is null)
            return;
        await _store.AddAsync(New, 0, null, default);
        var lease = (await _store.ClaimAsync(Terms, default))!.Lease;
        // SQLite measures a little more than it was.
        _time.Advance(TimeSpan.FromSeconds(seconds.Value - 0.01));
        await _store.CompleteAsync(lease, new("done", null, GenerationStatistics.None), default);
    }

    private sealed class Reasons : IWaitReasons
    {
        public WaitReason? Reason { get; set; }

        public bool IsStalled { get; set; }

        public WaitReason? Find(Prompt prompt) => Reason;
    }
}
