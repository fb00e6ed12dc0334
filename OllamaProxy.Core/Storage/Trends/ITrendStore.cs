using OllamaProxy.Statistics;

namespace OllamaProxy.Storage.Trends;

/// <summary>
/// Keeps what happened lately, for the dashboard. Each process writes rows of its own, and what is older than its span is removed with
/// each write. Any method can throw a <see cref="StoreException"/>. Safe for many threads.
/// </summary>
public interface ITrendStore
{
    /// <summary>Writes rows in the place of those that this process wrote before under the same keys.</summary>
    /// <param name="process">Identifies the process.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellationToken">Cancels the write until it is handed to the writer.</param>
    Task WriteTrendsAsync(Guid process, IReadOnlyList<TrendRow> rows, CancellationToken cancellationToken);

    /// <summary>Reads the rows of all processes of a span.</summary>
    /// <param name="span">The span.</param>
    /// <param name="since">Only steps that began then or later.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<TrendRow>> ReadTrendsAsync(TrendSpan span, DateTimeOffset since, CancellationToken cancellationToken);
}
