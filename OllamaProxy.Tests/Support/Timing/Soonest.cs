namespace OllamaProxy.Tests.Support.Timing;

/// <summary>How soon something comes about on a machine that other tests keep busy: one quick round shows that it can.</summary>
public static class Soonest
{
    private const int Rounds = 10;

    /// <summary>Has something come about until it has once been within the limit, and fails where no round was.</summary>
    /// <param name="limit">What one round has to stay within.</param>
    /// <param name="round">Has it come about once, and returns how long that took.</param>
    public static async Task IsWithinAsync(TimeSpan limit, Func<Task<TimeSpan>> round)
    {
        var soonest = TimeSpan.MaxValue;
        for (var tried = 0; tried < Rounds && soonest > limit; tried++)
        {
            var took = await round();
            soonest = took < soonest ? took : soonest;
        }
        Assert.True(soonest <= limit, $"The soonest of {Rounds} rounds took {soonest}, not {limit} at most.");
    }
}
