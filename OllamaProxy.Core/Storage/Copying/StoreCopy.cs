using Npgsql;
using OllamaProxy.Configuration;

namespace OllamaProxy.Storage.Copying;

/// <summary>
/// Copies all prompts, files and batches of a store into an empty one, under the same numbers: so the order of the queue stays.
/// They go over whole, some at a time, each time in one transaction: a copy that was broken off goes on behind the last of them. The
/// source is only read.
/// </summary>
public static class StoreCopy
{
    /// <summary>How many prompts go over at once, at most.</summary>
    private const int MaxPrompts = 1000;

    /// <summary>How many bytes, about, unless one prompt alone has more.</summary>
    private const long MaxBytes = 8 * 1024 * 1024;

    /// <summary>Copies, and then compares the copy with its source. No process may use either meanwhile.</summary>
    /// <param name="from">The source, which is not changed.</param>
    /// <param name="to">An empty store, or one that holds the beginning of this copy.</param>
    /// <param name="progress">Told of it often.</param>
    /// <param name="cancellationToken">Breaks it off. The same call goes on with it later.</param>
    /// <returns>What came of it. Only an exact copy can be used afterwards.</returns>
    /// <exception cref="StoreException">It cannot begin, or not go on.</exception>
    public static async Task<CopyReport> RunAsync(
        CopyAddress from, CopyAddress to, IProgress<CopyProgress> progress, CancellationToken cancellationToken)
    {
        if (from.Name == to.Name)
            throw new StoreException($"The source and the copy are the same database, {from.Name}.");
        await using var writer = WriterOf(to);
        CopyStart start;
        await using (var source = await OpenAsync(from, isCopy: false, cancellationToken))
        {
            await source.RefuseInUseAsync(cancellationToken);
            start = await writer.BeginAsync(from.Name, cancellationToken);
            await CopyAsync(source, writer, start, progress, cancellationToken);
            await writer.CompleteAsync(await source.ListPausesAsync(cancellationToken), await source.ListUsageAsync(cancellationToken),
                cancellationToken);
        }

        // In snapshots of their own: so it shows, too, if the source was written to while it was copied.
        CopyReport report;
        await using (var source = await OpenAsync(from, isCopy: false, cancellationToken))
        await using (var copy = await OpenAsync(to, isCopy: true, cancellationToken))
        {
            report = await CopyCheck.RunAsync(source, copy, start.Prompts, progress, cancellationToken);
        }
        if (report.IsExact)
            await writer.ReleaseAsync(cancellationToken);
        return report;
    }

    /// <summary>Reads the number of the last of those that go over next, and how many they are; 0: there are no more.</summary>
    internal static async Task<(long Last, int Count)> NextAsync(
        ICopyReader source, CopiedSet set, long after, CancellationToken cancellationToken)
    {
        var (last, prompts, bytes) = (after, 0, 0L);
        foreach (var (seq, size) in await source.ListSizesAsync(set, after, MaxPrompts, cancellationToken))
        {
            bytes += size;
            if (prompts > 0 && bytes > MaxBytes)
                break;
            (last, prompts) = (seq, prompts + 1);
        }
        return (last, prompts);
    }

    private static async Task CopyAsync(
        ICopyReader source, ICopyWriter writer, CopyStart start, IProgress<CopyProgress> progress, CancellationToken cancellationToken)
    {
        var total = (await source.CountAsync(cancellationToken)).Values.Sum();
        var done = start.Prompts;
        progress.Report(new(CopyStep.Copy, done, total, start.Prompts));
        foreach (var set in CopiedSet.All)
        {
            var after = await writer.LastAsync(set, cancellationToken);
            while (await NextAsync(source, set, after, cancellationToken) is (var last, > 0 and var count))
            {
                var behind = after;
                await writer.WriteAsync(set, behind, table => source.ReadAsync(table, behind, last, cancellationToken), cancellationToken);
                (after, done) = (last, done + (set == CopiedSet.Prompts ? count : 0));
                progress.Report(new(CopyStep.Copy, done, total, start.Prompts));
            }
        }
    }

    private static async Task<ICopyReader> OpenAsync(CopyAddress address, bool isCopy, CancellationToken cancellationToken) =>
        address.IsPostgres
            ? await PostgresCopyReader.OpenAsync(ConnectionOf(address), address.Identity, isCopy, cancellationToken)
            : SqliteCopyReader.Open(address.Value, isCopy);

    private static ICopyWriter WriterOf(CopyAddress address) => address.IsPostgres
        ? new PostgresCopyWriter(ConnectionOf(address), address.Identity)
        : new SqliteCopyWriter(address.Value);

    /// <summary>The connection string for a program that takes its time, and is told from those that run prompts.</summary>
    private static string ConnectionOf(CopyAddress address) =>
        new NpgsqlConnectionStringBuilder(address.Value)
        {
            CommandTimeout = 0,
            ApplicationName = PostgresCopyReader.ProgramName,
        }.ToString();
}
