namespace OllamaProxy.Benchmarks;

/// <summary>The checkout that the benchmark was built from.</summary>
internal static class Checkout
{
    /// <summary>The nearest folder upward from the program that holds the solution; else the working directory.</summary>
    public static string Folder { get; } = Find() ?? Environment.CurrentDirectory;

    private static string? Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OllamaProxy.sln")))
            folder = folder.Parent;
        return folder?.FullName;
    }
}
