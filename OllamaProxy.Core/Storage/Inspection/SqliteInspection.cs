using System.Globalization;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;

namespace OllamaProxy.Storage.Inspection;

/// <summary>Inspects a SQLite file. A server may work on it meanwhile.</summary>
internal static class SqliteInspection
{
    /// <inheritdoc cref="StoreInspection.RunAsync"/>
    /// <param name="path">The full path.</param>
    public static string Run(string path)
    {
        // Before SQLite opens it: to close the file in another way would release SQLite's locks.
        if (FaultOf(path) is { } fault)
            throw new StoreException($"The database {path} cannot be opened: {fault.TrimEnd('.')}. {WhatToDo(fault)}".TrimEnd());
        return File.Exists(path)
            ? string.Create(CultureInfo.InvariantCulture, $"The database {path} ({new FileInfo(path).Length / 1e6:N1} MB) {StateOf(path)}.")
            : $"The database {path} is not there yet; the first start makes it.";
    }

    private static string WhatToDo(string fault) => fault.Contains("OLLAMA_PROXY_DB", StringComparison.Ordinal)
        ? "" : "Correct that, or set OLLAMA_PROXY_DB to another file.";

    private static string? FaultOf(string path)
    {
        var folder = Path.GetDirectoryName(path);
        if (folder is null || Directory.Exists(folder))
            return OpeningFault.Of(path);
        // The start makes the folders that are missing.
        while (!Path.Exists(folder))
            folder = Path.GetDirectoryName(folder)!;
        return Directory.Exists(folder) ? OpeningFault.OfFolder(folder) : $"{folder} is no folder";
    }

    private static string StateOf(string path)
    {
        var database = new SqliteDatabase(path);
        try
        {
            using var connection = database.OpenInspector();
            SqliteSchema.RefuseForeign(connection, path);
            return SqliteSchema.CurrentVersion(connection) is > 0 and var version ? StoreInspection.FateOf(version, SqliteSchema.Version)
                : LegacyImport.IsOriginal(connection) ? "is of the original Python program; the next start imports it: back it up first"
                : "is empty; the first start makes its tables";
        }
        catch (SqliteException exception)
        {
            throw database.Translate(exception);
        }
    }
}
