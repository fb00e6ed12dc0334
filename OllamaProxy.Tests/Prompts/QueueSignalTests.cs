using OllamaProxy.Prompts;

namespace OllamaProxy.Tests.Prompts;

public sealed class QueueSignalTests
{
    [Fact]
    public async Task A_signal_that_was_raised_before_the_wait_is_not_missed()
    {
        var signal = new QueueSignal();
        signal.Raise();
        signal.Raise();
        await signal.WaitAsync(default);
    }

    [Fact]
    public async Task A_signal_that_was_lowered_is_down_until_it_is_raised_again()
    {
        var signal = new QueueSignal();
        signal.Raise();
        signal.Lower();
        var wait = signal.WaitAsync(default);
        Assert.False(wait.IsCompleted);
        signal.Raise();
        await wait;
    }
}
