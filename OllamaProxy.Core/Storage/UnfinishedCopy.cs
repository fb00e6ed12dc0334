namespace OllamaProxy.Storage;

/// <summary>
/// A store that holds a part of a copy has a schema version that no program knows: so none works on it, whatever its own version is. The
/// table <c>unfinished_copy</c> names the source, and the version that the tables have in truth.
/// </summary>
internal static class UnfinishedCopy
{
    /// <summary>The version that stands for it.</summary>
    public const int Version = 1_000_000;

    /// <summary>Refuses to work on such a store.</summary>
    /// <param name="database">Its name.</param>
    /// <param name="setting">The setting that names another one.</param>
    public static StoreException Refusal(string database, string setting) => new(
        $"The database {database} holds an unfinished copy. Run OllamaProxy.Server copy with the same --from and --to again to finish it, "
        + $"or set {setting} to another database.")
    {
        IsTransient = false,
    };

    /// <summary>Refuses to go on with a copy of something else, or of another version.</summary>
    /// <param name="database">The store's name.</param>
    /// <param name="source">What it holds a copy of.</param>
    public static StoreException RefusalToGoOn(string database, string source) => new(
        $"The database {database} holds an unfinished copy of {source}, which this version cannot go on with here. "
        + "Finish that one first, or delete the database and copy anew.")
    {
        IsTransient = false,
    };

    /// <summary>Refuses to copy into a store that is not empty.</summary>
    public static StoreException RefusalToMix(string database, long prompts) => new(
        FormattableString.Invariant($"The database {database} holds {prompts:N0} prompts that are no part of this copy. ")
        + "Copy into an empty one: a prompt must not come in twice.")
    {
        IsTransient = false,
    };

    /// <summary>The same, where it holds no prompts.</summary>
    public static StoreException RefusalToMixFiles(string database) => new(
        $"The database {database} holds files or batches that are no part of this copy. Copy into an empty one.")
    {
        IsTransient = false,
    };

    /// <summary>Refuses to copy while a process uses a store.</summary>
    /// <param name="database">The store's name.</param>
    /// <param name="how">How that is known.</param>
    public static StoreException RefusalWhileUsed(string database, string how) => new(
        $"The database {database} is in use: {how}. Stop every process that works on it, and copy then.");

    /// <summary>Refuses to read a store that this version did not write.</summary>
    /// <param name="database">The store's name.</param>
    /// <param name="version">The version of its tables; 0: they are none of ours.</param>
    public static StoreException RefusalOfVersion(string database, long version) => new(version == 0
        ? $"The database {database} is none of Ollama Proxy's."
        : $"The database {database} is of version {version}, which this program cannot copy. Start the server of this version on it once: "
            + "that migrates it, unless a newer program wrote it.")
    {
        IsTransient = false,
    };
}
