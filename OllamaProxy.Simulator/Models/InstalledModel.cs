namespace OllamaProxy.Simulator.Models;

/// <summary>An installed model.</summary>
/// <param name="Name">Its full name, with the tag.</param>
/// <param name="ModifiedAt">When it was added.</param>
internal sealed record InstalledModel(string Name, DateTimeOffset ModifiedAt);
