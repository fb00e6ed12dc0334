using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.House;

/// <summary>What holds for the source of all projects, tests included: one can look it over, and find a type by its namespace.</summary>
public sealed class SourceTests
{
    private const int MaxFiles = 25;
    private const int MaxLines = 250;
    private const int MaxLength = 140;

    [Fact]
    public void No_folder_has_more_files_than_one_can_look_over() => Assert.Empty(
        from file in SourceFiles.OfAllProjects()
        group file by FolderOf(file) into folder
        where folder.Count() > MaxFiles
        select $"{folder.Key} has {folder.Count()} files");

    [Fact]
    public void No_file_is_longer_than_one_can_look_over() => Assert.Empty(
        from file in SourceFiles.OfAllProjects()
        let lines = File.ReadLines(file).Count()
        where lines > MaxLines
        select $"{file} has {lines} lines");

    /// <summary>Transcripts of Ollama stand as they were recorded.</summary>
    [Fact]
    public void No_line_is_too_long_to_read() => Assert.Empty(
        from file in SourceFiles.OfAllProjects()
        where !file.EndsWith("TranscriptTests.cs", StringComparison.Ordinal)
        from line in File.ReadLines(file).Index()
        where line.Item.Length > MaxLength
        select $"{file}:{line.Index + 1} has {line.Item.Length} characters");

    /// <summary>Core's namespaces leave out its name, and programs begin without one.</summary>
    [Fact]
    public void A_namespace_is_its_folder() => Assert.Empty(
        from file in SourceFiles.OfAllProjects()
        where Path.GetFileName(file) != "Program.cs"
        let expected = FolderOf(file).Replace('/', '.').Replace("OllamaProxy.Core", "OllamaProxy", StringComparison.Ordinal)
        where !File.ReadLines(file).Contains($"namespace {expected};")
        select $"{file} is not in {expected}");

    private static string FolderOf(string file) =>
        Path.GetRelativePath(Repository.Folder, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '/');
}
