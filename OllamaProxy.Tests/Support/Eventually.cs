using System.Runtime.CompilerServices;

namespace OllamaProxy.Tests.Support;

/// <summary>Waits for conditions, so that no test waits for time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks until the answer is no longer null, and returns it.</summary>
    public static async Task<T> NotNull<T>(Func<Task<T?>> ask, [CallerArgumentExpression(nameof(ask))] string? what = null,
        TimeSpan? patience = null) where T : class
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        using var timer = new PeriodicTimer(Interval);
        while (true)
        {
            if (await ask() is { } answer)
                return answer;
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"This did not come in {(patience ?? Patience).TotalSeconds} s: {what}");
            }
        }
    }

    /// <summary>Asks until it is true.</summary>
    public static Task True(Func<bool> ask, [CallerArgumentExpression(nameof(ask))] string? what = null) =>
        NotNull(() => Task.FromResult(ask() ? "true" : null), what);
}
