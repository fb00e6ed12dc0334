using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Hosting;

namespace OllamaProxy.Tests.Hosting;

public class CachedTests
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private int _reads;

    [Fact]
    public async Task However_many_ask_it_is_found_out_once_in_a_while()
    {
        var cached = new Cached<int>(() => Task.FromResult(Interlocked.Increment(ref _reads)), GoodFor, _time);

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => cached.GetAsync(default))), value => Assert.Equal(1, value));
        _time.Advance(GoodFor - TimeSpan.FromTicks(1));
        Assert.Equal(1, await cached.GetAsync(default));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(2, await cached.GetAsync(default));
    }

    [Fact]
    public async Task Who_asks_while_it_is_being_found_out_waits_for_that_however_long_it_takes()
    {
        var found = new TaskCompletionSource<int>();
        var cached = new Cached<int>(() => { Interlocked.Increment(ref _reads); return found.Task; }, GoodFor, _time);
        var first = cached.GetAsync(default);
        _time.Advance(GoodFor * 2);
        var second = cached.GetAsync(default);

        found.SetResult(7);

        Assert.Equal((7, 7), (await first, await second));
        Assert.Equal(1, _reads);
    }

    [Fact]
    public async Task A_failure_is_kept_for_as_long_and_then_tried_again()
    {
        var cached = new Cached<int>(() =>
            ++_reads == 1 ? Task.FromException<int>(new InvalidOperationException("no")) : Task.FromResult(_reads), GoodFor, _time);

        await Assert.ThrowsAsync<InvalidOperationException>(() => cached.GetAsync(default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => cached.GetAsync(default));
        _time.Advance(GoodFor);

        Assert.Equal(2, await cached.GetAsync(default));
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_others_waiting()
    {
        var found = new TaskCompletionSource<int>();
        var cached = new Cached<int>(() => found.Task, GoodFor, _time);
        using var leave = new CancellationTokenSource();
        var (leaving, staying) = (cached.GetAsync(leave.Token), cached.GetAsync(default));

        await leave.CancelAsync();
        found.SetResult(7);

        await Assert.ThrowsAsync<TaskCanceledException>(() => leaving);
        Assert.Equal(7, await staying);
    }
}
