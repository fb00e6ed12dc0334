using OllamaProxy.Storage;

namespace OllamaProxy.Benchmarks.Seeding;

/// <summary>A store with as many prompts as were asked for, in a file or in a database.</summary>
internal interface ISeededStore
{
    /// <summary>How many finished prompts were added.</summary>
    int Finished { get; }

    /// <summary>The settings by which a server uses it.</summary>
    IReadOnlyList<(string Name, string Value)> Settings { get; }

    /// <summary>Ids of its prompts, at random.</summary>
    Task<IReadOnlyList<Guid>> RandomIdsAsync(int count);

    /// <summary>Ids of prompts about the middle of the queue.</summary>
    Task<IReadOnlyList<Guid>> MiddleIdsAsync(int count);

    /// <summary>Opens it as a server does.</summary>
    Task<IPromptStore> OpenAsync();
}
