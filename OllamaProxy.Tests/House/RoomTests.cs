using System.Text.RegularExpressions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.House;

/// <summary>The rooms of Core, as docs/architecture.md describes them: each uses those above it, and none below.</summary>
public sealed partial class RoomTests
{
    private const int MaxFiles = 25;
    private const int MaxLines = 250;

    /// <summary>From the ground up.</summary>
    private static readonly string[] Rooms =
    [
        "Protocol", "Prompts", "Configuration", "Hosting", "Notifications", "Statistics", "Storage", "Live", "Ollama", "Scheduling",
        "Worker", "Queue", "Api",
    ];

    /// <summary>It puts the rooms together, so it knows them all.</summary>
    private const string Composition = "OllamaProxyServices.cs";

    private static readonly string Core = Repository.File("OllamaProxy.Core");

    [Fact]
    public void A_room_uses_only_rooms_above_it()
    {
        var wrong = from file in Files()
                    let room = RoomOf(file)
                    from used in RoomsUsedIn(File.ReadAllText(file))
                    where Array.IndexOf(Rooms, used) > Array.IndexOf(Rooms, room)
                    select $"{Path.GetRelativePath(Core, file)} uses {used}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_file_is_in_a_room_and_its_namespace_is_its_folder()
    {
        Assert.All(Files(), file => Assert.Contains(RoomOf(file), Rooms));
        Assert.All(Files(), file => Assert.Contains(
            $"namespace OllamaProxy.{Path.GetRelativePath(Core, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.')};",
            File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public void No_room_has_more_files_than_one_can_look_over()
    {
        var folders = Files().GroupBy(file => Path.GetDirectoryName(file)!).ToList();
        Assert.NotEmpty(folders);
        Assert.All(folders, folder => Assert.True(folder.Count() <= MaxFiles, $"{folder.Key} has {folder.Count()} files."));
    }

    [Fact]
    public void No_file_of_any_project_is_longer_than_one_can_look_over()
    {
        var files = Directory.EnumerateDirectories(Repository.Folder, "OllamaProxy.*").SelectMany(CodeIn).ToList();
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files.Select(PathOf), file => File.ReadLines(Repository.File(file)).Count() > MaxLines);
    }

    private static string PathOf(string file) => Path.GetRelativePath(Repository.Folder, file).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>The source files of a project, without what the build makes.</summary>
    private static IEnumerable<string> CodeIn(string project) => Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
        .Where(file => Path.GetRelativePath(project, file).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"));

    private static IEnumerable<string> Files() => CodeIn(Core).Where(file => RoomOf(file) != Composition);

    private static string RoomOf(string file) => Path.GetRelativePath(Core, file).Split(Path.DirectorySeparatorChar)[0];

    private static IEnumerable<string> RoomsUsedIn(string code) => Using().Matches(code).Select(match => match.Groups[1].Value).Distinct();

    [GeneratedRegex(@"^using (?:static )?OllamaProxy\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Using();
}
