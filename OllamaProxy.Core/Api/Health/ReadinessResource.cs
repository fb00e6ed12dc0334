namespace OllamaProxy.Api.Health;

/// <summary>Whether the process can do its work, as clients see it.</summary>
/// <param name="Status"><see cref="Ready"/> or <see cref="NotReady"/>.</param>
/// <param name="Store">Whether the store takes writes.</param>
/// <param name="Worker">Whether a drain runs, or has a few seconds ago; left out of a process that only serves.</param>
/// <param name="Backend">Whether a backend answers; left out of a process that only serves.</param>
public sealed record ReadinessResource(string Status, bool Store, bool? Worker, bool? Backend)
{
    /// <summary>All of it is true.</summary>
    public const string Ready = "ready";

    /// <summary>Some of it is false.</summary>
    public const string NotReady = "not_ready";

    /// <summary>Makes it.</summary>
    public static ReadinessResource Of(bool store, bool? worker, bool? backend) =>
        new(store && worker is not false && backend is not false ? Ready : NotReady, store, worker, backend);
}
