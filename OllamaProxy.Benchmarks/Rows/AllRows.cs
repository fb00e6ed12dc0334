using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Rows.Postgres;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>The table, in its order.</summary>
internal static class AllRows
{
    /// <param name="smoke">Whether to leave out what takes too long to build for a smoke run.</param>
    public static IReadOnlyList<IMeasurement> Of(bool smoke) =>
    [
        new SubmitRows(),
        new StatusRow(),
        new LatencyRows(),
        new DrainRow(),
        new NamesRows(),
        new StreamRow(),
        new CallRows(),
        new SwapRow(),
        new BatchRows(),
        new OwnerRows(),
        new ScaleRows(),
        new OwnerScaleRows(),
        new MemoryRows(),
        new StartRows(),
        new InstanceRows(),
        new ListenRow(),
        new SnapshotRow(),
        new PostgresScaleRows(),
        .. smoke && !AotBinary.IsThere ? [] : new IMeasurement[] { new AotRows() },
    ];
}
