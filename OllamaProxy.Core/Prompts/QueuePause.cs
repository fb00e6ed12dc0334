namespace OllamaProxy.Prompts;

/// <summary>What an operator has stopped until it is resumed, in all processes, also after a restart.</summary>
/// <param name="Scope">What is stopped.</param>
/// <param name="Name">The canonical name of the model, or the name of the backend; empty for the other scopes.</param>
/// <param name="Since">Since when.</param>
public sealed record QueuePause(PauseScope Scope, string Name, DateTimeOffset Since);

/// <summary>What a <see cref="QueuePause"/> stops.</summary>
public enum PauseScope
{
    /// <summary>No prompt is begun. What runs goes on.</summary>
    Queue,

    /// <summary>No prompt of one model is begun.</summary>
    Model,

    /// <summary>No prompt is begun on one backend.</summary>
    Backend,

    /// <summary>No prompt is accepted. Those that were accepted before are run to the end.</summary>
    Submissions,
}

/// <summary>The written names of <see cref="PauseScope"/>.</summary>
public static class PauseScopeNames
{
    private static readonly string[] Names = ["queue", "model", "backend", "submissions"];

    /// <summary>The written name, such as <c>queue</c>.</summary>
    public static string Name(this PauseScope scope) => Names[(int)scope];

    /// <summary>Reads a written name.</summary>
    public static PauseScope Parse(string name) => (PauseScope)Array.IndexOf(Names, name);
}
