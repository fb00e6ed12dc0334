namespace OllamaProxy.Benchmarks;

/// <summary>How much is measured.</summary>
internal sealed record Effort
{
    /// <summary>What the figures need to be steady; about seven minutes in all, and eight more with PostgreSQL.</summary>
    public static readonly Effort Full = new()
    {
        WarmUp = TimeSpan.FromSeconds(2),
        Window = TimeSpan.FromSeconds(1.5),
        Windows = 7,
        LatencySamples = 300,
        DrainWarmUp = 6000, // The runtime compiles what is used much a second time, in the first seconds.
        DrainPrompts = 4000,
        CallWarmUp = 4000, // As with a drain.
        CallLoadWarmUp = TimeSpan.FromSeconds(10),
        CpuCalls = 40_000,
        DrainRuns = 3,
        NamesQueued = 50_000,
        NamesWarmUp = 15_000,
        NamesDrained = 15_000,
        StatusPrompts = 10_000,
        StoreWarmUp = TimeSpan.FromSeconds(4), // As with a drain.
        StoreSamples = 1000,
        FinishedPrompts = 1_000_000,
        QueuedPrompts = 100_000,
        CurveSizes = [1_000, 10_000, 100_000, 1_000_000],
        Watch = TimeSpan.FromSeconds(4),
        SwapPrompts = 200,
        LoadTime = TimeSpan.FromSeconds(2),
        InFlightPrompts = 1000,
        BatchLines = 50_000,
        Servers = [1, 2, 4],
        SnapshotHeld = TimeSpan.FromMinutes(1),
        SnapshotQueued = 300_000,
        Starts = 5,
    };

    /// <summary>Just enough for every row to have a figure.</summary>
    public static readonly Effort Smoke = new()
    {
        WarmUp = TimeSpan.FromSeconds(0.2),
        Window = TimeSpan.FromSeconds(0.2),
        Windows = 1,
        LatencySamples = 20,
        DrainWarmUp = 20,
        DrainPrompts = 100,
        CallWarmUp = 20,
        CallLoadWarmUp = TimeSpan.FromSeconds(0.2),
        CpuCalls = 100,
        DrainRuns = 1,
        NamesQueued = 1000,
        NamesWarmUp = 20,
        NamesDrained = 50,
        StatusPrompts = 300,
        StoreWarmUp = TimeSpan.FromSeconds(0.05),
        StoreSamples = 10,
        FinishedPrompts = 9_000,
        QueuedPrompts = 1_000,
        CurveSizes = [100, 1_000],
        Watch = TimeSpan.FromSeconds(0.3),
        SwapPrompts = 20,
        LoadTime = TimeSpan.FromSeconds(0.05),
        InFlightPrompts = 50,
        BatchLines = 1_000,
        Servers = [1, 2, 2],
        SnapshotHeld = TimeSpan.FromSeconds(0.5),
        SnapshotQueued = 5_000,
        Starts = 1,
    };

    /// <summary>How long a server is under load before it is measured.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>How long one measurement of throughput takes.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>How many of them are compared.</summary>
    public required int Windows { get; init; }

    public required int LatencySamples { get; init; }

    /// <summary>How many lines a large batch has.</summary>
    public required int BatchLines { get; init; }

    /// <summary>How many prompts are run before those that count.</summary>
    public required int DrainWarmUp { get; init; }

    public required int DrainPrompts { get; init; }

    /// <summary>How many calls are answered, one after the other, before those that count.</summary>
    public required int CallWarmUp { get; init; }

    /// <summary>
    /// How long calls come on many connections before they count: with a whole way through the server, more has to be compiled than for a
    /// submit.
    /// </summary>
    public required TimeSpan CallLoadWarmUp { get; init; }

    /// <summary>Over how many calls CPU time is measured.</summary>
    public required int CpuCalls { get; init; }

    public required int DrainRuns { get; init; }

    /// <summary>How many prompts are queued that name many models.</summary>
    public required int NamesQueued { get; init; }

    /// <summary>How many of them are run before those that count.</summary>
    public required int NamesWarmUp { get; init; }

    public required int NamesDrained { get; init; }

    /// <summary>How many prompts there are whose status is asked for.</summary>
    public required int StatusPrompts { get; init; }

    /// <summary>For how long operations of the store are run before they are timed.</summary>
    public required TimeSpan StoreWarmUp { get; init; }

    /// <summary>How often each operation of the store is timed.</summary>
    public required int StoreSamples { get; init; }

    /// <summary>How many finished prompts the large file holds.</summary>
    public required int FinishedPrompts { get; init; }

    /// <summary>How many queued prompts the large file holds.</summary>
    public required int QueuedPrompts { get; init; }

    /// <summary>How many prompts the file holds at each point of the curve; a tenth of them is queued.</summary>
    public required IReadOnlyList<int> CurveSizes { get; init; }

    /// <summary>How long a server's memory is watched.</summary>
    public required TimeSpan Watch { get; init; }

    /// <summary>How many prompts are run that need different models.</summary>
    public required int SwapPrompts { get; init; }

    /// <summary>How long it takes to load a model.</summary>
    public required TimeSpan LoadTime { get; init; }

    public required int InFlightPrompts { get; init; }

    /// <summary>How many servers on one PostgreSQL are compared; the rows call the last two numbers two and four.</summary>
    public required IReadOnlyList<int> Servers { get; init; }

    /// <summary>For how long a snapshot of the database is held.</summary>
    public required TimeSpan SnapshotHeld { get; init; }

    /// <summary>How many prompts are queued then.</summary>
    public required int SnapshotQueued { get; init; }

    public required int Starts { get; init; }
}
