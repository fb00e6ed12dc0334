using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Tables;

namespace OllamaProxy.Storage.Sqlite;

// IWorkQueue and IStoreMaintenance.
public sealed partial class SqlitePromptStore
{
    /// <inheritdoc/>
    public bool IsShared => _commits.HasOtherWriters;

    /// <inheritdoc/>
    public async Task<QueueSnapshot> ReadSnapshotAsync(SnapshotTerms terms, CancellationToken cancellationToken)
    {
        if (!_commits.Queue.IsCaughtUpWithin(terms.Freshness))
            await _writer.CatchUpAsync(cancellationToken);
        return _commits.Queue.Offer(terms, await ReadAsync(RunningLeaseTable.Read, cancellationToken));
    }

    /// <inheritdoc/>
    public Task<ClaimedPrompt?> ClaimAsync(long seq, ClaimTerms terms, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => SqliteLeases.Claim(session, seq, terms, _longTexts, now), cancellationToken);

    /// <inheritdoc/>
    public Task<LeaseState> GetLeaseStateAsync(Lease lease, CancellationToken cancellationToken) =>
        ReadAsync(session => SqliteLeases.LookAt(session, lease), cancellationToken);

    /// <inheritdoc/>
    public Task<LeaseState> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => SqliteLeases.Renew(session, lease, now + length), cancellationToken);

    /// <inheritdoc/>
    public Task<LeaseState> AppendAsync(Lease lease, TextChunk chunk, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => GeneratedChunks.Append(session, lease, chunk, now + length), cancellationToken);

    /// <inheritdoc/>
    public Task<LeaseState> AppendResponseAsync(
        Lease lease, ResponseChunk chunk, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => ResponseChunks.Append(session, lease, chunk, now + length), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellationToken)
    {
        var staged = await _staging.StageAsync(settlement.Result, cancellationToken);
        return await WriteAsync((session, now) => SettlementTable.Settle(session, lease, settlement, staged, now), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> RecoverExpiredAsync(
        ClaimTerms terms, IReadOnlyCollection<Guid> connected, CancellationToken cancellationToken) => WriteAsync((session, now) =>
    {
        var expiry = _leaseClocks.Look(terms.LeaseLength);
        SqliteLeases.ExpireAfterClockChange(session, expiry);
        if (connected.Count > 0 && ClientLeaseTable.AnyExpired(session, expiry.By))
            ClientLeaseTable.Renew(session, connected, now + terms.LeaseLength, expiredBy: expiry.By);
        SqliteLeases.Sweep(session, terms, expiry, now);
        return session.Number("SELECT prompts FROM counts WHERE status = 'queued'") > 0;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => Retention.Purge(session, endedBefore, limit, now), cancellationToken);

    /// <inheritdoc/>
    public Task WriteNothingAsync(CancellationToken cancellationToken) => WriteAsync(
        // SQLite writes the first page for that, even though nothing changes; an UPDATE that changes nothing writes nothing.
        (session, _) => session.Execute($"PRAGMA user_version = {session.Number("PRAGMA user_version")}"), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ShrinkAsync(CancellationToken cancellationToken) =>
        WriteAsync((session, now) => Retention.Shrink(session, now), cancellationToken);
}
