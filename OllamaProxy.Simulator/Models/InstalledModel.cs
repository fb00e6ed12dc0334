namespace OllamaProxy.Simulator.Models;

/// <summary>A model that can be loaded.</summary>
/// <param name="Name">Its full name, with the tag.</param>
/// <param name="ModifiedAt">When it came here.</param>
internal sealed record InstalledModel(string Name, DateTimeOffset ModifiedAt);
