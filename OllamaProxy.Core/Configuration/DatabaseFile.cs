namespace OllamaProxy.Configuration;

/// <summary>Where the database file is.</summary>
internal static class DatabaseFile
{
    /// <summary>
    /// The full path. A relative one starts at the nearest folder upward from the program that holds the solution, so
    /// that both hosts share one file in a checkout; elsewhere at the working directory.
    /// </summary>
    public static string Resolve(string path) => Path.GetFullPath(path, Checkout() ?? Environment.CurrentDirectory);

    private static string? Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OllamaProxy.sln")))
            folder = folder.Parent;
        return folder?.FullName;
    }
}
