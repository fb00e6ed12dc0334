using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Tables;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres;

// IWorkQueue and IStoreMaintenance.
public sealed partial class PostgresPromptStore
{
    /// <summary>How many rows of the table <c>changes</c> that all instances have read are deleted at once.</summary>
    private const int ChangesRemovedAtOnce = 10_000;

    /// <summary>The longest difference between the estimates that two instances have of the database's time.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public bool IsShared => true; // One chooses PostgreSQL for that.

    /// <inheritdoc/>
    public async Task<QueueSnapshot> ReadSnapshotAsync(SnapshotTerms terms, CancellationToken cancellationToken)
    {
        if (!_feed.Queue.IsCaughtUpWithin(terms.Freshness))
            await _writer.CatchUpAsync(cancellationToken);
        return _feed.Queue.Offer(terms, await PromptHistory.ReadLeasesAsync(_readers, _feed.LeaseFloor, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<ClaimedPrompt?> ClaimAsync(long seq, ClaimTerms terms, CancellationToken cancellationToken)
    {
        var (lease, now) = (Lease.New(seq), default(DateTimeOffset));
        return await WriteAsync(
            writtenAt => PromptClaims.Claim(seq, terms, lease, now = writtenAt), row => PromptClaims.Read(row, lease, _longTexts, now),
            cancellationToken, 0, null, AdvisoryLock.OfBackend(terms.Backend));
    }

    /// <inheritdoc/>
    public async Task<LeaseState> GetLeaseStateAsync(Lease lease, CancellationToken cancellationToken) =>
        await _readers.FirstAsync(PromptClaims.FindState(lease), row => (LeaseState?)PromptClaims.ReadState(row), cancellationToken)
            ?? LeaseState.Lost;

    /// <inheritdoc/>
    public Task<LeaseState> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync(now => PromptClaims.Renew(lease, now + length), PromptClaims.ReadState, cancellationToken, prompt: KeyOf(lease));

    /// <inheritdoc/>
    public Task<LeaseState> AppendAsync(Lease lease, TextChunk chunk, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync(now => PromptClaims.Append(lease, chunk, now + length), PromptClaims.ReadState, cancellationToken,
            chunk.Text.Length + chunk.Thinking.Length, KeyOf(lease));

    /// <inheritdoc/>
    public Task<LeaseState> AppendResponseAsync(
        Lease lease, ResponseChunk chunk, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync(now => ResponseChunks.Append(lease, chunk, now + length), PromptClaims.ReadState, cancellationToken,
            chunk.Bytes.Length, KeyOf(lease));

    /// <inheritdoc/>
    public async Task<bool> SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellationToken)
    {
        var staged = await _staging.StageAsync(settlement.Result, cancellationToken);
        var availableAt = settlement is Settlement.Requeue requeue ? TimeOf(requeue.AvailableAt) : default(DateTimeOffset?);
        return await WriteAsync(
            now => PromptClaims.Settle(lease, settlement, staged, availableAt, now), PromptClaims.ReadSettled,
            now => LoadRow.Truncate(lease, settlement, now), cancellationToken, SizeOf(settlement.Result), KeyOf(lease));
    }

    /// <inheritdoc/>
    public async Task<bool> RecoverExpiredAsync(ClaimTerms terms, IReadOnlyCollection<Guid> connected, CancellationToken cancellationToken)
    {
        var isAnyQueued = false;
        await _writer.RunAsync(new(now =>
        {
            var expiry = _leaseClocks.Look(terms.LeaseLength);
            var by = expiry.By.ToUnixTimeMilliseconds();
            var statements = new List<PostgresStatement>();
            if (expiry.Clocks.Count > 1)
                statements.Add(new(
                    Call("settle_clocks", Of(by), Of(expiry.Clocks.Max().ToUnixTimeMilliseconds()),
                        Of((long)(terms.LeaseLength + ClockTolerance).TotalMilliseconds),
                        Of((long[])[.. expiry.Clocks.Select(clock => clock.ToUnixTimeMilliseconds())])), _ => { }));
            if (connected.Count > 0)
                statements.Add(new(RenewConnections(connected, now + terms.LeaseLength, by), _ => { }));
            statements.Add(new(
                Call("sweep", Of(now), Of(by), Of(terms.MaxAttempts), Utf8(StoreMessages.LeaseRanOut), Utf8(StoreMessages.ClientGone),
                    Utf8(StoreMessages.Expired), Utf8(StoreMessages.LastAttempt)), row => isAnyQueued = row.GetBoolean(0)));
            return statements;
        }), cancellationToken);
        return isAnyQueued;
    }

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken) => WriteAsync(
        now => Call("purge", Of(now.ToUnixTimeMilliseconds()), Of(TimeOf(endedBefore)), Of(limit)), row =>
            row.GetInt32(0), cancellationToken);

    /// <inheritdoc/>
    public Task WriteNothingAsync(CancellationToken cancellationToken) => WriteAsync(
        _ => new($"UPDATE {ProxySchema}.version SET version = version RETURNING version"), row => row.GetInt32(0), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ShrinkAsync(CancellationToken cancellationToken) => WriteAsync(
        now => Call("shrink", Of(now.ToUnixTimeMilliseconds()), Of(LongTextFormat.RemovedAtOnce), Of(ChangesRemovedAtOnce)), row =>
            row.GetBoolean(0),
        cancellationToken);

    private static PromptKey KeyOf(Lease lease) => new(null, lease.Seq);

    private static long SizeOf(PromptResult? result) => result is null ? 0
        : Math.Min(result.Text.Length, LongText.MaxShort) + LongTextFormat.ColumnOf(result.Response?.Body ?? default).Length;
}
