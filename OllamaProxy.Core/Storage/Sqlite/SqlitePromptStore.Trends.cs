using OllamaProxy.Statistics;
using OllamaProxy.Storage.Sqlite.Tables.Statistics;

namespace OllamaProxy.Storage.Sqlite;

// ITrendStore.
public sealed partial class SqlitePromptStore
{
    /// <inheritdoc/>
    public Task WriteTrendsAsync(Guid process, IReadOnlyList<TrendRow> rows, CancellationToken cancellationToken) =>
        WriteAsync((session, now) =>
        {
            TrendTable.Write(session, process, rows, now);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TrendRow>> ReadTrendsAsync(TrendSpan span, DateTimeOffset since, CancellationToken cancellationToken) =>
        ReadAsync(session => TrendTable.Read(session, span, since), cancellationToken);
}
