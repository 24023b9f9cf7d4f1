namespace QgaOrchestrator.Actors.Items;

/// <summary>How a column's values are written.</summary>
public enum ColumnFormat { Text, Number, Milliseconds, Bytes }

/// <summary>A column in a table of VMs or of results.</summary>
/// <param name="Name">The member of an item or result, else of its <c>values</c>.</param>
/// <param name="Title">The column's head.</param>
public sealed record ResultColumn(string Name, string Title, ColumnFormat Format = ColumnFormat.Text);

/// <summary>A file that a result may have.</summary>
/// <param name="Name">As in the route of a result's stream.</param>
/// <param name="MediaType">As HTTP names its content.</param>
public sealed record ResultFile(string Name, string MediaType = "application/octet-stream");
