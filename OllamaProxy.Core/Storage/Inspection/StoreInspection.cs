using OllamaProxy.Configuration;

namespace OllamaProxy.Storage.Inspection;

/// <summary>Finds out whether the program could work on its store, as it is. Nothing is changed, and nobody is held up.</summary>
public static class StoreInspection
{
    /// <summary>Inspects the store of the settings.</summary>
    /// <returns>What state it is in, as a sentence.</returns>
    /// <exception cref="StoreException">The program could not start on it.</exception>
    public static Task<string> RunAsync(OllamaProxyOptions options, CancellationToken cancellationToken) =>
        options.Store == StoreKind.Postgres
            ? PostgresInspection.RunAsync(options, cancellationToken)
            : Task.FromResult(SqliteInspection.Run(options.DatabasePath));

    /// <summary>What becomes of tables of a version at the next start, as the end of a sentence.</summary>
    /// <param name="version">Theirs.</param>
    /// <param name="current">That of this program.</param>
    internal static string FateOf(long version, long current) => version == current
        ? $"is of this program's version, {version}"
        : $"is of version {version}; the next start migrates it to {current}, and older programs refuse it then: back it up first";
}
