using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Worker.Preemption;

namespace OllamaProxy.Tests.Worker;

/// <summary>When a prompt is handed back for another, and which cannot be.</summary>
public sealed class PreemptorTests : IDisposable
{
    private static readonly OllamaProxyOptions On = new() { Preemption = true };

    private readonly FakeTimeProvider _time = new();
    private readonly LogRecorder _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void One_is_handed_back_when_another_has_waited_for_a_second_and_not_before()
    {
        var (preemptor, bulk) = (New(On), new Attempt());
        using var running = bulk.BeginAt(preemptor);
        Look(preemptor, 1);
        Assert.Equal(TimeSpan.FromSeconds(1), preemptor.UntilDue);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        Look(preemptor, 1);
        Assert.Equal((false, TimeSpan.FromMilliseconds(1)), (bulk.IsStopped, preemptor.UntilDue));
        Assert.False(preemptor.TryTakeDue());

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(preemptor.TryTakeDue());
        Assert.False(preemptor.TryTakeDue());
        Look(preemptor, 1);
        Assert.True(bulk.IsStopped);
        Assert.Contains(_log.Lines, line => line.Contains(
            $"{bulk.Id}: stopped, so that its slot at x goes to a prompt of priority 0", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_handed_back_and_nothing_is_due_where_that_is_not_set()
    {
        var (preemptor, bulk) = (New(new()), new Attempt());
        Assert.Null(bulk.BeginAt(preemptor));
        LookTwice(preemptor, 1);
        Assert.Equal((false, null), (bulk.IsStopped, preemptor.UntilDue));
    }

    [Fact]
    public void What_is_of_priority_0_or_has_ended_is_not_handed_back()
    {
        var (preemptor, other, ended) = (New(On), new Attempt { Priority = 0 }, new Attempt());
        Assert.Null(other.BeginAt(preemptor));
        ended.BeginAt(preemptor)!.Dispose();
        LookTwice(preemptor, 1);
        Assert.False(other.IsStopped || ended.IsStopped);
        Assert.Null(preemptor.UntilDue);
    }

    [Fact]
    public void What_somebody_has_begun_to_read_is_not_handed_back()
    {
        var (preemptor, watched, answered) = (New(On), new Attempt(), new Attempt(new ResponseBuffer(null)));
        using var first = watched.BeginAt(preemptor);
        using var second = answered.BeginAt(preemptor);
        watched.Text.Append("some", null);
        watched.Text.MarkRead();
        answered.Response!.Begin(200, HeaderList.Empty);
        answered.Response.Append("some"u8);
        answered.Response.Publish(4);
        Assert.True(answered.Response.TryBeginRead());

        LookTwice(preemptor, 1);
        Assert.False(watched.IsStopped || answered.IsStopped);
    }

    [Fact]
    public void The_answer_to_a_call_that_was_handed_back_is_read_by_nobody()
    {
        var (preemptor, call) = (New(On), new Attempt(new ResponseBuffer(null)));
        using var running = call.BeginAt(preemptor);
        call.Response!.Begin(200, HeaderList.Empty);
        call.Response.Append("some"u8);
        call.Response.Publish(4);

        LookTwice(preemptor, 1);
        Assert.True(call.IsStopped);
        Assert.False(call.Response.TryBeginRead());
    }

    [Fact]
    public void The_same_prompt_is_handed_back_once_in_the_grouping_window()
    {
        var preemptor = New(On);
        for (var time = 0; time < 3; time++)
        {
            var bulk = new Attempt { Seq = 7 };
            using var running = bulk.BeginAt(preemptor);
            LookTwice(preemptor, 10 + time);
            Assert.True(bulk.IsStopped);
            running!.Dispose();

            var again = new Attempt { Seq = 7 };
            using var spared = again.BeginAt(preemptor);
            LookTwice(preemptor, 20 + time);
            _time.Advance(On.GroupingWindow - TimeSpan.FromSeconds(3));
            Look(preemptor, 20 + time);
            Assert.False(again.IsStopped);
            _time.Advance(TimeSpan.FromSeconds(3));
        }
    }

    [Fact]
    public void One_that_waits_gets_a_slot_and_not_one_more_at_each_look()
    {
        var (preemptor, one, other) = (New(On), new Attempt { Seq = 7 }, new Attempt { Seq = 8 });
        using var first = one.BeginAt(preemptor);
        using var second = other.BeginAt(preemptor);
        LookTwice(preemptor, 1);
        Look(preemptor, 1);
        Assert.True(one.IsStopped ^ other.IsStopped);

        // It has still got none a second later: the next is tried.
        _time.Advance(TimeSpan.FromSeconds(1));
        Look(preemptor, 1);
        Assert.True(one.IsStopped && other.IsStopped);
    }

    [Fact]
    public void A_prompt_that_did_not_wait_meanwhile_waits_anew()
    {
        var (preemptor, bulk) = (New(On), new Attempt());
        using var running = bulk.BeginAt(preemptor);
        Look(preemptor, 1);
        _time.Advance(TimeSpan.FromMilliseconds(900));
        Look(preemptor);
        Look(preemptor, 1);
        _time.Advance(TimeSpan.FromMilliseconds(900));
        Look(preemptor, 1);
        Assert.False(bulk.IsStopped);
    }

    private Preemptor New(OllamaProxyOptions options) =>
        new(options, _time, LoggerFactory.Create(logging => logging.AddProvider(_log)).CreateLogger<Preemptor>());

    private void LookTwice(Preemptor preemptor, int waiting)
    {
        Look(preemptor, waiting);
        _time.Advance(TimeSpan.FromSeconds(1));
        Look(preemptor, waiting);
    }

    /// <summary>A look at which these prompts wait; for the first of those that are urgent any that runs is handed back.</summary>
    private static void Look(Preemptor preemptor, params int[] waiting)
    {
        var queue = waiting.Select(seq => new QueuedPrompt(seq, "a", seq, 0, DateTimeOffset.UnixEpoch)).ToList();
        preemptor.Look(queue, (running, urgent) => (running.First(), queue.First(prompt => urgent.Contains(prompt.Seq))));
    }

    private sealed class Attempt : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();

        public Attempt(ResponseBuffer? response = null) => Response = response;

        public Guid Id { get; } = Guid.NewGuid();

        public int Seq { get; init; } = 7;

        public int Priority { get; init; } = -1;

        public AttemptOutput Text { get; } = new AttemptOutputs(new ChangeNotifier()).Begin(
            new(Guid.NewGuid(), default, 1, "", ReadOnlyMemory<byte>.Empty) { StartedAt = DateTimeOffset.UnixEpoch });

        public ResponseBuffer? Response { get; }

        public bool IsStopped => _stop.IsCancellationRequested;

        public void Dispose() => _stop.Dispose();

        public IDisposable? BeginAt(Preemptor preemptor) => preemptor.Begin(
            new(Id, default, 1, "", ReadOnlyMemory<byte>.Empty)
            {
                StartedAt = DateTimeOffset.UnixEpoch,
                Queued = new(Seq, "a", Seq, Priority, DateTimeOffset.UnixEpoch),
            },
            "a:latest", "x", Text, Response, _stop);
    }
}
