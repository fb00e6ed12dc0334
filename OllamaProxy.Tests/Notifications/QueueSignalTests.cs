using OllamaProxy.Notifications;

namespace OllamaProxy.Tests.Notifications;

public sealed class QueueSignalTests
{
    [Fact]
    public async Task A_signal_that_was_raised_before_the_wait_is_not_missed()
    {
        var signal = new QueueSignal();
        signal.Raise();
        signal.Raise();
        await WaitAsync(signal);
    }

    [Fact]
    public async Task A_signal_that_was_waited_for_is_down_until_it_is_raised_again()
    {
        var signal = new QueueSignal();
        signal.Raise();
        await WaitAsync(signal);
        var wait = WaitAsync(signal);
        Assert.False(wait.IsCompleted);
        signal.Raise();
        await wait;
    }

    private static Task WaitAsync(QueueSignal signal) => signal.WaitAsync(TimeSpan.FromMinutes(10), TimeProvider.System, default);
}
