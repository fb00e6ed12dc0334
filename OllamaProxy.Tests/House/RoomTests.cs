using System.Text.RegularExpressions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.House;

/// <summary>The rooms of Core, as docs/architecture.md describes them: each uses those above it, and none below.</summary>
public sealed partial class RoomTests
{
    /// <summary>From the ground up.</summary>
    private static readonly string[] Rooms =
    [
        "Protocol", "Callbacks", "Prompts", "Files", "Batches", "Configuration", "Hosting", "Access", "Notifications", "Statistics",
        "Storage", "Live", "Ollama", "Telemetry", "Scheduling", "Worker", "Queue", "Webhooks", "Batching", "Api",
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
    public void Every_file_is_in_a_room() => Assert.All(Files(), file => Assert.Contains(RoomOf(file), Rooms));

    private static IEnumerable<string> Files() => SourceFiles.In(Core).Where(file => RoomOf(file) != Composition);

    private static string RoomOf(string file) => Path.GetRelativePath(Core, file).Split(Path.DirectorySeparatorChar)[0];

    private static IEnumerable<string> RoomsUsedIn(string code) => Using().Matches(code).Select(match => match.Groups[1].Value).Distinct();

    [GeneratedRegex(@"^using (?:static )?OllamaProxy\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Using();
}
