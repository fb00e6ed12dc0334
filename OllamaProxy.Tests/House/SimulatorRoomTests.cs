using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.House;

/// <summary>The rooms of the Simulator: a folder and namespace each; only what starts it stays at the top.</summary>
public sealed class SimulatorRoomTests
{
    private const int MaxFiles = 25;

    private static readonly string[] Rooms =
        ["Anthropic", "Embeddings", "Faults", "Generation", "Go", "Http", "Models", "Native", "OpenAI"];

    private static readonly string[] EntryPoints =
    [
        "CommandLine.cs", "Loopback.cs", "OllamaSimulator.cs", "Program.cs", "QuietLifetime.cs", "SimulatorHost.cs", "SimulatorOptions.cs",
        "SimulatorRoutes.cs", "StopSignal.cs",
    ];

    private static readonly string Root = Repository.File("OllamaProxy.Simulator");

    [Fact]
    public void A_file_is_in_a_room_unless_it_starts_the_Simulator() =>
        Assert.All(Files(), file => Assert.Contains(TopOf(file), Rooms.Concat(EntryPoints)));

    [Fact]
    public void A_namespace_is_its_folder() => Assert.All(
        Files().Where(file => Path.GetFileName(file) != "Program.cs"),
        file =>
        {
            var folder = Path.GetRelativePath(Path.GetDirectoryName(Root)!, Path.GetDirectoryName(file)!);
            Assert.Contains($"namespace {folder.Replace(Path.DirectorySeparatorChar, '.')};", File.ReadAllText(file),
                StringComparison.Ordinal);
        });

    [Fact]
    public void No_room_has_more_files_than_one_can_look_over() => Assert.All(
        Files().GroupBy(file => Path.GetDirectoryName(file)!),
        folder => Assert.True(folder.Count() <= MaxFiles, $"{folder.Key} has {folder.Count()} files."));

    private static List<string> Files()
    {
        var files = Directory.EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories)
            .Where(file => TopOf(file) is not ("bin" or "obj"))
            .ToList();
        Assert.NotEmpty(files);
        return files;
    }

    /// <summary>The first folder on the way to a file, or the file itself.</summary>
    private static string TopOf(string file) => Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar)[0];
}
