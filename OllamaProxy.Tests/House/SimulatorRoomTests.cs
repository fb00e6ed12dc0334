using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.House;

/// <summary>The rooms of the Simulator: a folder each; only what starts it stays at the top.</summary>
public sealed class SimulatorRoomTests
{
    private static readonly string[] Rooms =
        ["Anthropic", "Embeddings", "Faults", "Generation", "Go", "Http", "Models", "Native", "OpenAI"];

    private static readonly string[] EntryPoints =
    [
        "CommandLine.cs", "Loopback.cs", "OllamaSimulator.cs", "Program.cs", "SimulatorHost.cs", "SimulatorOptions.cs",
        "SimulatorRoutes.cs", "StopSignal.cs",
    ];

    private static readonly string Root = Repository.File("OllamaProxy.Simulator");

    [Fact]
    public void A_file_is_in_a_room_unless_it_starts_the_Simulator() =>
        Assert.All(SourceFiles.In(Root), file => Assert.Contains(TopOf(file), Rooms.Concat(EntryPoints)));

    /// <summary>The first folder on the way to a file, or the file itself.</summary>
    private static string TopOf(string file) => Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar)[0];
}
