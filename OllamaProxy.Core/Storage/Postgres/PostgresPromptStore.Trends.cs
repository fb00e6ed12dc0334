using OllamaProxy.Statistics;
using OllamaProxy.Storage.Postgres.Tables;

namespace OllamaProxy.Storage.Postgres;

// ITrendStore.
public sealed partial class PostgresPromptStore
{
    /// <inheritdoc/>
    public Task WriteTrendsAsync(Guid process, IReadOnlyList<TrendRow> rows, CancellationToken cancellationToken) => WriteAsync(
        _ => TrendRows.Write(process, rows), _ => true, now => [new(TrendRows.Forget(now), _ => { })], cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TrendRow>> ReadTrendsAsync(TrendSpan span, DateTimeOffset since, CancellationToken cancellationToken) =>
        TrendRows.ReadAsync(_readers, span, since, cancellationToken);
}
