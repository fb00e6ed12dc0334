using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.House;

/// <summary>The C# files of the checkout, without what the build generates.</summary>
internal static class SourceFiles
{
    /// <summary>The files of all projects. There are some.</summary>
    public static IEnumerable<string> OfAllProjects() =>
        Directory.EnumerateDirectories(Repository.Folder, "OllamaProxy.*").SelectMany(In);

    /// <summary>The files of one project. There are some.</summary>
    public static List<string> In(string project)
    {
        var files = Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(project, file).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
            .ToList();
        Assert.NotEmpty(files);
        return files;
    }
}
