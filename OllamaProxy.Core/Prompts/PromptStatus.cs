namespace OllamaProxy.Prompts;

/// <summary>The status of a prompt. <see cref="PromptStatusNames"/> has the name of each in JSON and in the store.</summary>
public enum PromptStatus
{
    /// <summary>Waits for a worker, perhaps until its next attempt is due.</summary>
    Queued,

    /// <summary>A worker holds its lease and runs it.</summary>
    Processing,

    /// <summary>Ended with a result.</summary>
    Completed,

    /// <summary>Ended with an error: a permanent one, or that of the last attempt.</summary>
    Failed,

    /// <summary>Ended by a client.</summary>
    Cancelled,
}

/// <summary>The written names of <see cref="PromptStatus"/>, the same in JSON, query strings and the store.</summary>
public static class PromptStatusNames
{
    private static readonly string[] Names = ["queued", "processing", "completed", "failed", "cancelled"];

    /// <summary>All names, in the order in which a prompt passes through them.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The written name, such as <c>queued</c>.</summary>
    public static string Name(this PromptStatus status) => Names[(int)status];

    /// <summary>Whether a prompt in this status has ended. Then only a retry can change it.</summary>
    public static bool HasEnded(this PromptStatus status) => status >= PromptStatus.Completed;

    /// <summary>Reads a written name, case-sensitively.</summary>
    public static bool TryParse(string? name, out PromptStatus status)
    {
        var index = Array.IndexOf(Names, name);
        status = (PromptStatus)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Reads a name from the store.</summary>
    /// <exception cref="FormatException">The text is not the name of a status.</exception>
    public static PromptStatus Parse(string name) =>
        TryParse(name, out var status) ? status : throw new FormatException($"'{name}' is no status of a prompt.");
}
