using OllamaProxy.Tests.Clients;
using OllamaProxy.Tests.Crash;
using OllamaProxy.Tests.Scheduling;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Storage.Copying;
using OllamaProxy.Tests.Storage.Postgres;
using OllamaProxy.Tests.Support;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer(LongestFirst.Name, "OllamaProxy.Tests")]

namespace OllamaProxy.Tests.Support;

/// <summary>
/// Begins with the classes that take longest: their tests run one after the other, and the run would wait for them at its end.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    internal const string Name = "OllamaProxy.Tests.Support." + nameof(LongestFirst);

    private static readonly HashSet<string?> Longest = [.. new[]
    {
        typeof(PostgresPromptStoreModelTests), typeof(ShutdownProcessTests), typeof(Api.Calls.ShutdownTests), typeof(ClientTests),
        typeof(KilledBatchTests), typeof(FailoverTests), typeof(ServerFaultTests), typeof(PostgresCopyTests), typeof(FairnessTests),
    }.Select(type => type.FullName)];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => Longest.Contains(ClassOf(collection)) ? 0 : 1).ThenBy(collection => collection.UniqueID);

    /// <summary>A class that belongs to no collection is one of its own, with its name at the end.</summary>
    private static string ClassOf(ITestCollection collection) => collection.DisplayName.Split(' ')[^1];
}
