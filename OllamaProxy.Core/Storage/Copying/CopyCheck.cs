using System.Security.Cryptography;

namespace OllamaProxy.Storage.Copying;

/// <summary>Compares a copy with its source: how many prompts have each status, and the hashes of all rows of all tables.</summary>
internal static class CopyCheck
{
    public static async Task<CopyReport> RunAsync(
        ICopyReader source, ICopyReader copy, long resumed, IProgress<CopyProgress> progress, CancellationToken cancellationToken)
    {
        var (counts, copied) = (await source.CountAsync(cancellationToken), await copy.CountAsync(cancellationToken));
        var total = counts.Values.Sum();
        var (first, done) = (default((long, long)?), 0L);
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var set in CopiedSet.All)
        {
            for (var (after, count) = (0L, 1); count > 0;)
            {
                progress.Report(new(CopyStep.Check, done, total, resumed));
                (var last, count) = await StoreCopy.NextAsync(source, set, after, cancellationToken);
                // Behind the last of the source there must be nothing in the copy either.
                var (from, until) = (after, count > 0 ? last : long.MaxValue);
                var hashes = await Task.WhenAll(
                    Task.Run(() => HashAsync(source, set, from, until, cancellationToken), cancellationToken),
                    Task.Run(() => HashAsync(copy, set, from, until, cancellationToken), cancellationToken));
                all.AppendData(hashes[0]);
                if (!hashes[0].AsSpan().SequenceEqual(hashes[1]))
                    first ??= (after + 1, until);
                (after, done) = (last, done + (set == CopiedSet.Prompts ? count : 0));
            }
        }
        return new(
            [.. counts.Keys.Union(copied.Keys).Order(StringComparer.Ordinal).Select(status =>
                new CopiedCount(status, counts.GetValueOrDefault(status), copied.GetValueOrDefault(status)))],
            Convert.ToHexStringLower(all.GetHashAndReset()),
            first);
    }

    private static async Task<byte[]> HashAsync(
        ICopyReader store, CopiedSet set, long after, long last, CancellationToken cancellationToken)
    {
        using var hash = new RowHash();
        foreach (var table in set.Tables)
            await foreach (var row in store.ReadAsync(table, after, last, cancellationToken))
                hash.Append(row);
        return hash.Finish();
    }
}
