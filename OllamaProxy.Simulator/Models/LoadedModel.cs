namespace OllamaProxy.Simulator.Models;

/// <summary>A model in memory.</summary>
/// <param name="name">Its full name.</param>
/// <param name="runnerOptions">The options that it was loaded with.</param>
internal sealed class LoadedModel(string name, RunnerOptions runnerOptions)
{
    public string Name => name;

    public RunnerOptions RunnerOptions => runnerOptions;

    /// <summary>How many requests run on it.</summary>
    public int Running { get; set; }

    /// <summary>When it was last used, as a count of all uses.</summary>
    public long LastUse { get; set; }

    /// <summary>How long it stays once nothing runs on it.</summary>
    public TimeSpan KeepAlive { get; set; }

    /// <summary>Until when it stays, unless something runs on it then.</summary>
    public DateTimeOffset ExpiresAt { get; set; }
}
